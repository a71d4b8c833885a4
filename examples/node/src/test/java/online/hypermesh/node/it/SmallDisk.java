package online.hypermesh.node.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;

/** A file system of a chosen size for one directory, where this user may mount one. */
final class SmallDisk {
    /** Its size before anybody changes it. */
    static final long KIB = 512L << 10;

    private SmallDisk() {}

    /** Gives a directory a file system of its own; false where that is not allowed. */
    static boolean mount(Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        return System.getProperty("os.name").equals("Linux")
                && done(
                        "mount",
                        "-t",
                        "tmpfs",
                        "-o",
                        "size=" + KIB + "k,mode=0700",
                        "hypermesh-it",
                        directory.toString());
    }

    static boolean resize(Path directory, long kib) throws IOException, InterruptedException {
        return done("mount", "-o", "remount,size=" + kib + "k", directory.toString());
    }

    static boolean unmount(Path directory) throws IOException, InterruptedException {
        return done("umount", directory.toString());
    }

    private static boolean done(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
    }
}
