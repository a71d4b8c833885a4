package online.hypermesh.impl.dht;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A search for the nodes nearest to a point, over one path or over several that share no node (Baumgart and Mies, "S/Kademlia",
 * ICPADS 2007), so that an attacker must sit on all of them. A path is settled when the nearest of its nodes have answered;
 * nodes that are slow count as gone until they answer. Confined.
 */
final class Lookup {
    private static final int MOST_PER_WANTED = 8;

    private final Position target;
    private final NodeId self;
    private final DhtSettings settings;
    private final List<Path> paths = new ArrayList<>();
    private final Map<NodeId, Peer> peers = new HashMap<>();
    private final Map<Long, Integer> perSite = new HashMap<>();
    private final int wanted;
    private int troubles;

    private enum State {
        NEW,
        ASKED,
        SLOW,
        ANSWERED,
        FAILED
    }

    private static final class Peer {
        private final Contact contact;
        private final Path path;
        private State state = State.NEW;

        Peer(Contact contact, Path path) {
            this.contact = contact;
            this.path = path;
        }
    }

    private static final class Path {
        private final List<Peer> nearestFirst = new ArrayList<>();
        private int underWay;
    }

    Lookup(DhtSettings settings, NodeId self, Position target, int wanted, int pathCount, List<Contact> seeds) {
        this.settings = settings;
        this.self = self;
        this.target = target;
        this.wanted = pathCount == 1 ? wanted : (wanted + 1) / 2;
        for (int i = 0; i < pathCount; i++) {
            paths.add(new Path());
        }
        for (int i = 0; i < seeds.size(); i++) {
            add(paths.get(i % pathCount), seeds.get(i));
        }
    }

    Position target() {
        return target;
    }

    /** Whom to ask now. */
    List<Contact> next() {
        List<Contact> ask = new ArrayList<>();
        for (Path path : paths) {
            int places = parallel() - path.underWay;
            int counted = 0;
            for (Peer peer : path.nearestFirst) {
                if (places <= 0 || counted == wanted) {
                    break;
                }
                if (peer.state == State.NEW) {
                    peer.state = State.ASKED;
                    path.underWay++;
                    places--;
                    ask.add(peer.contact);
                }
                if (peer.state != State.FAILED && peer.state != State.SLOW) {
                    counted++;
                }
            }
        }
        return ask;
    }

    /** More requests at a time once peers turn out to be slow or gone; shared by the paths. */
    private int parallel() {
        DhtSettings.Timing timing = settings.timing();
        int all = Math.min(timing.mostParallel(), timing.leastParallel() + troubles);
        return Math.max(2, (all + paths.size() - 1) / paths.size());
    }

    boolean isSettled() {
        return paths.stream().allMatch(this::isSettled);
    }

    /** While too few have answered, the slow ones are waited for after all. */
    private boolean isSettled(Path path) {
        int answered = 0;
        boolean someSlow = false;
        for (Peer peer : path.nearestFirst) {
            if (answered == wanted) {
                return true;
            }
            if (peer.state == State.NEW || peer.state == State.ASKED) {
                return false;
            }
            someSlow |= peer.state == State.SLOW;
            answered += peer.state == State.ANSWERED ? 1 : 0;
        }
        return answered == wanted || !someSlow;
    }

    void slow(NodeId id) {
        Optional.ofNullable(peers.get(id)).filter(p -> p.state == State.ASKED).ifPresent(p -> {
            p.state = State.SLOW;
            p.path.underWay--;
            troubles++;
        });
    }

    void failed(NodeId id) {
        Optional.ofNullable(peers.get(id)).ifPresent(p -> {
            if (p.state == State.ASKED) {
                p.path.underWay--;
                troubles++;
            }
            p.state = State.FAILED;
        });
    }

    void answered(NodeId id, List<Contact> nodes) {
        Peer peer = peers.get(id);
        if (peer == null || peer.state == State.FAILED) {
            return;
        }
        if (peer.state == State.ASKED) {
            peer.path.underWay--;
        }
        peer.state = State.ANSWERED;
        for (int i = 0; i < Math.min(nodes.size(), settings.bucketSize()); i++) {
            add(peer.path, nodes.get(i));
        }
    }

    /** A node belongs to the path that heard of it first. */
    private void add(Path path, Contact contact) {
        if (contact.id().equals(self) || peers.containsKey(contact.id())) {
            return;
        }
        Peer peer = new Peer(contact, path);
        int low = 0;
        int high = path.nearestFirst.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            Position there = path.nearestFirst.get(middle).contact.position();
            if (target.compareDistance(there, contact.position()) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low >= MOST_PER_WANTED * wanted || !siteHasRoom(contact)) {
            return;
        }
        peers.put(contact.id(), peer);
        path.nearestFirst.add(low, peer);
        // what fell off the end was never asked as long as nearer ones are left; it may be heard of again
        int last = path.nearestFirst.size() - 1;
        if (last >= MOST_PER_WANTED * wanted && path.nearestFirst.get(last).state == State.NEW) {
            Peer dropped = path.nearestFirst.remove(last);
            peers.remove(dropped.contact.id());
            perSite.merge(dropped.contact.address().site(), -1, Integer::sum);
        }
    }

    private boolean siteHasRoom(Contact contact) {
        if (contact.address().isLoopback()) {
            return true;
        }
        long site = contact.address().site();
        int there = perSite.getOrDefault(site, 0);
        if (there >= 4 * settings.maxPerSite()) {
            return false;
        }
        perSite.put(site, there + 1);
        return true;
    }

    /** The nearest nodes that answered, nearest first. */
    List<Contact> closest(int count) {
        List<Contact> answered = new ArrayList<>();
        for (Path path : paths) {
            for (Peer peer : path.nearestFirst) {
                if (peer.state == State.ANSWERED) {
                    answered.add(peer.contact);
                }
            }
        }
        answered.sort(ContactTable.byDistance(target));
        return answered.size() <= count ? answered : new ArrayList<>(answered.subList(0, count));
    }
}
