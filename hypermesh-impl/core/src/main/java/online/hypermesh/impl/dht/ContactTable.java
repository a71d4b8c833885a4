package online.hypermesh.impl.dht;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Whom this node knows: a bucket for every length of the prefix that a node's position shares with its own, longest known
 * first to be kept, since who stayed long stays on. Only nodes that answered are in it. Confined.
 */
final class ContactTable {
    private static final int MAX_FAILURES = 2;

    private final Contact self;
    private final int bucketSize;
    private final int maxPerSite;
    private final @Nullable Bucket[] buckets = new @Nullable Bucket[Position.BITS + 1];
    private int size;

    private static final class Entry {
        private final Contact contact;
        private int failures;

        Entry(Contact contact) {
            this.contact = contact;
        }
    }

    private static final class Bucket {
        private final List<Entry> entries = new ArrayList<>(2);
        private final List<Contact> waiting = new ArrayList<>(0);
    }

    ContactTable(Contact self, int bucketSize, int maxPerSite) {
        this.self = self;
        this.bucketSize = bucketSize;
        this.maxPerSite = maxPerSite;
    }

    int size() {
        return size;
    }

    private int indexOf(Contact contact) {
        return self.position().commonBits(contact.position());
    }

    private Bucket bucket(int index) {
        Bucket bucket = buckets[index];
        if (bucket == null) {
            bucket = new Bucket();
            buckets[index] = bucket;
        }
        return bucket;
    }

    private static int find(Bucket bucket, NodeId id) {
        for (int i = 0; i < bucket.entries.size(); i++) {
            if (bucket.entries.get(i).contact.id().equals(id)) {
                return i;
            }
        }
        return -1;
    }

    boolean knows(Contact contact) {
        Bucket bucket = buckets[indexOf(contact)];
        return bucket != null && find(bucket, contact.id()) >= 0;
    }

    /** Whether a node that proves to be there would get a place. */
    boolean hasRoomFor(Contact contact) {
        if (contact.id().equals(self.id()) || knows(contact)) {
            return false;
        }
        Bucket bucket = buckets[indexOf(contact)];
        return bucket == null || bucket.entries.size() < bucketSize && siteHasRoom(bucket, contact);
    }

    private boolean siteHasRoom(Bucket bucket, Contact contact) {
        if (contact.address().isLoopback()) {
            return true;
        }
        long site = contact.address().site();
        return bucket.entries.stream()
                        .filter(e -> e.contact.address().site() == site)
                        .count()
                < maxPerSite;
    }

    /** A node answered. */
    void answered(Contact contact) {
        if (contact.id().equals(self.id())) {
            return;
        }
        Bucket bucket = bucket(indexOf(contact));
        int at = find(bucket, contact.id());
        if (at >= 0) {
            Entry entry = bucket.entries.remove(at);
            bucket.entries.add(entry.contact.equals(contact) ? entry : new Entry(contact));
            entry.failures = 0;
        } else if (bucket.entries.size() < bucketSize && siteHasRoom(bucket, contact)) {
            bucket.entries.add(new Entry(contact));
            size++;
        } else {
            bucket.waiting.remove(contact);
            bucket.waiting.add(contact);
            if (bucket.waiting.size() > bucketSize) {
                bucket.waiting.remove(0);
            }
        }
    }

    /** A node did not answer: the second time, or when another waits for its place, it is forgotten. */
    void failed(Contact contact) {
        Bucket bucket = bucket(indexOf(contact));
        bucket.waiting.remove(contact);
        int at = find(bucket, contact.id());
        if (at < 0) {
            return;
        }
        Entry entry = bucket.entries.get(at);
        entry.failures++;
        if (entry.failures < MAX_FAILURES && bucket.waiting.isEmpty()) {
            return;
        }
        bucket.entries.remove(at);
        size--;
        for (int i = bucket.waiting.size() - 1; i >= 0; i--) {
            if (siteHasRoom(bucket, bucket.waiting.get(i))) {
                bucket.entries.add(new Entry(bucket.waiting.remove(i)));
                size++;
                return;
            }
        }
    }

    /** The known nodes nearest to a position, nearest first. */
    List<Contact> closest(Position target, int count) {
        List<Contact> found = new ArrayList<>(count + bucketSize);
        int own = self.position().commonBits(target);
        // nearest are those that differ from self where the target does; then those nearer to self; then ever shorter
        // prefixes
        gather(found, target, own, own);
        if (found.size() < count && own < Position.BITS) {
            gather(found, target, own + 1, Position.BITS);
        }
        for (int i = own - 1; i >= 0 && found.size() < count; i--) {
            gather(found, target, i, i);
        }
        return found.size() <= count ? found : new ArrayList<>(found.subList(0, count));
    }

    private void gather(List<Contact> to, Position target, int first, int last) {
        int from = to.size();
        for (int i = first; i <= last; i++) {
            Bucket bucket = buckets[i];
            if (bucket != null) {
                for (Entry entry : bucket.entries) {
                    to.add(entry.contact);
                }
            }
        }
        to.subList(from, to.size()).sort(byDistance(target));
    }

    static Comparator<Contact> byDistance(Position target) {
        return (x, y) -> target.compareDistance(x.position(), y.position());
    }

    /** The deepest bucket that has anybody. */
    Optional<Integer> deepest() {
        for (int i = Position.BITS; i >= 0; i--) {
            Bucket bucket = buckets[i];
            if (bucket != null && !bucket.entries.isEmpty()) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }
}
