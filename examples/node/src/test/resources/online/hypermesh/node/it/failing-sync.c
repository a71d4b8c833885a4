/* Loaded before libc (LD_PRELOAD): fsync and fdatasync of files whose paths begin with $FAILING_SYNC_UNDER fail with EIO
   while the file $FAILING_SYNC_WHILE exists. Everything else is as always. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fails(int fd) {
    const char *under = getenv("FAILING_SYNC_UNDER");
    const char *trigger = getenv("FAILING_SYNC_WHILE");
    char link[64];
    char path[4096];
    if (!under || !trigger || access(trigger, F_OK) != 0) {
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) {
        return 0;
    }
    path[length] = 0;
    return strncmp(path, under, strlen(under)) == 0;
}

int fsync(int fd) {
    if (fails(fd)) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
    if (fails(fd)) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_fdatasync, fd);
}
