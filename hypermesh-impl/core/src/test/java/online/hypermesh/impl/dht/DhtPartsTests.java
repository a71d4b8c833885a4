package online.hypermesh.impl.dht;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import online.hypermesh.api.dht.DhtMode;
import online.hypermesh.api.dht.NodeAddress;
import online.hypermesh.api.dht.ProviderRecord;
import online.hypermesh.api.dht.SignedRecord;
import online.hypermesh.impl.content.Vectors;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class DhtPartsTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final DhtSettings SETTINGS = DhtSettings.of(NETWORK);
    private static final long NOW = 1_800_000_000_000L;
    private static final long HOUR = 3_600_000;
    private static final byte[] SALT = {5};
    private static final Contact SELF = contact(0, 0);

    // ---------------------------------------------------------------- who is known

    @Test
    void theNearestKnownNodesAreThoseThatSortingAllWouldGive() {
        ContactTable table = new ContactTable(SELF, 20, 20);
        SplittableRandom random = new SplittableRandom(1);
        List<Contact> all = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            Contact c = contact(random.nextLong(), i);
            boolean room = table.hasRoomFor(c);
            table.answered(c);
            if (room) {
                all.add(c);
            }
        }
        assertThat(table.size()).isEqualTo(all.size());
        for (int i = 0; i < 200; i++) {
            Position target = i == 0 ? SELF.position() : Position.random(random);
            all.sort(ContactTable.byDistance(target));
            assertThat(table.closest(target, 20)).isEqualTo(all.subList(0, 20));
        }
    }

    @Test
    void oneSiteHasFewPlacesInABucketAndInASearch() {
        ContactTable table = new ContactTable(SELF, 20, 2);
        for (int i = 0; i < 10; i++) {
            table.answered(new Contact(id(-1L - i), new NodeAddress(0x2001L << 48 | i, 1, 1)));
        }
        assertThat(table.size()).isEqualTo(2);
        Lookup lookup = new Lookup(SETTINGS, SELF.id(), SELF.position(), 20, 1, List.of(contact(1, 1)));
        lookup.next();
        List<Contact> flood = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            flood.add(new Contact(id(2L + i), new NodeAddress(0x2001L << 48 | i, 1, 1)));
        }
        lookup.answered(contact(1, 1).id(), flood);
        Set<Contact> asked = new HashSet<>();
        for (List<Contact> next = lookup.next(); !next.isEmpty(); next = lookup.next()) {
            next.forEach(c -> lookup.answered(c.id(), List.of()));
            asked.addAll(next);
        }
        assertThat(asked).hasSize(4 * SETTINGS.maxPerSite());
        assertThat(lookup.isSettled()).isTrue();
    }

    @Test
    void nodesAreForgottenAfterTwoFailuresOrOneWhenAnotherWaits() {
        ContactTable table = new ContactTable(SELF, 4, 64);
        List<Contact> far = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            far.add(contact(-1L - i, i));
        }
        far.subList(0, 4).forEach(table::answered);
        table.failed(far.get(0));
        assertThat(table.knows(far.get(0))).isTrue();
        table.failed(far.get(0));
        assertThat(table.knows(far.get(0))).isFalse();
        table.answered(far.get(0));
        table.answered(far.get(4));
        assertThat(table.knows(far.get(4))).isFalse();
        table.failed(far.get(1));
        assertThat(table.knows(far.get(1))).isFalse();
        assertThat(table.knows(far.get(4))).isTrue();
    }

    // ---------------------------------------------------------------- searching

    @Test
    void pathsShareNoNode() {
        List<Contact> seeds = new ArrayList<>();
        for (int i = 1; i <= 8; i++) {
            seeds.add(contact((long) i << 40, i));
        }
        Lookup lookup = new Lookup(SETTINGS, SELF.id(), SELF.position(), 20, 4, seeds);
        List<Contact> everybody = new ArrayList<>();
        for (int i = 1; i <= 20; i++) {
            everybody.add(contact(i, 100 + i));
        }
        List<Contact> asked = new ArrayList<>();
        for (List<Contact> next = lookup.next(); !next.isEmpty(); next = lookup.next()) {
            asked.addAll(next);
            next.forEach(c -> lookup.answered(c.id(), everybody));
        }
        assertThat(asked).doesNotHaveDuplicates().containsAll(everybody.subList(0, 10));
        assertThat(lookup.closest(5)).isEqualTo(everybody.subList(0, 5));
    }

    @Test
    void aSlowNodeIsPassedOverAndStillCountsWhenItAnswers() {
        Lookup lookup = new Lookup(SETTINGS, SELF.id(), SELF.position(), 1, 1, List.of(contact(1, 1), contact(2, 2)));
        assertThat(lookup.next()).containsExactly(contact(1, 1));
        lookup.slow(contact(1, 1).id());
        assertThat(lookup.next()).containsExactly(contact(2, 2));
        assertThat(lookup.isSettled()).isFalse();
        lookup.answered(contact(2, 2).id(), List.of());
        assertThat(lookup.isSettled()).isTrue();
        lookup.answered(contact(1, 1).id(), List.of());
        assertThat(lookup.closest(1)).containsExactly(contact(1, 1));
    }

    @Test
    void aSearchInWhichEverybodyIsSlowWaits() {
        Lookup lookup = new Lookup(SETTINGS, SELF.id(), SELF.position(), 20, 1, List.of(contact(1, 1)));
        lookup.next();
        lookup.slow(contact(1, 1).id());
        assertThat(lookup.isSettled()).isFalse();
        lookup.failed(contact(1, 1).id());
        assertThat(lookup.isSettled()).isTrue();
    }

    @Test
    void waitingFollowsWhatPeersShowed() {
        RttBook book = new RttBook(3000);
        for (int i = 0; i < 40; i++) {
            book.answered(id(i % 4), 40 + i % 10);
        }
        book.answered(id(9), 900);
        assertThat(book.hedgeMillis(id(77))).isBetween(40, 60);
        assertThat(book.hedgeMillis(id(1))).isBetween(40, 60);
        assertThat(book.timeoutMillis(id(1))).isEqualTo(1000);
        assertThat(new RttBook(700).timeoutMillis(id(1))).isEqualTo(700);
    }

    // ---------------------------------------------------------------- attacks on a neighbourhood

    @Test
    void neighbourhoodsThatAreTooDenseOrTooEmptyAreSuspected() {
        SplittableRandom random = new SplittableRandom(3);
        SizeEstimate size = new SizeEstimate();
        double[] points = random.doubles(3_000).toArray();
        for (int i = 0; i < 32; i++) {
            size.observe(20, nth(points, random.nextDouble()));
        }
        assertThat(size.nodes()).isBetween(2_300.0, 3_900.0);
        int alarms = 0;
        for (int i = 0; i < 100; i++) {
            alarms += size.isSuspicious(20, nth(points, random.nextDouble())) ? 1 : 0;
        }
        assertThat(alarms).isLessThan(4);
        assertThat(size.isSuspicious(20, 1.0 / 3_000)).isTrue();
        assertThat(size.isSuspicious(20, 60.0 / 3_000)).isTrue();
        assertThat(new SizeEstimate().isSuspicious(20, 1e-9)).isFalse();
    }

    /** Distance of the 20th nearest of uniform points, in one direction as the key space has only one. */
    private static double nth(double[] points, double target) {
        return Arrays.stream(points)
                .map(p -> p >= target ? p - target : p - target + 1)
                .sorted()
                .skip(19)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aRecordAmongManySybilsIsStoredOnTheNodesBeyondThemAsWell() {
        DhtCore core = new DhtCore(SETTINGS, SELF, DhtMode.SERVER, NOW, 1);
        SplittableRandom random = new SplittableRandom(4);
        List<Contact> honest = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            honest.add(contact(random.nextLong(), i));
        }
        core.remember(honest);
        SignedRecord record = record(1, new byte[10]);
        Position target = Position.of(record.key());
        List<Contact> sybils = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            sybils.add(contact(target.a() ^ random.nextLong() >>> 40, 5000 + i));
        }
        List<Contact> everybody = new ArrayList<>(honest);
        everybody.addAll(sybils);
        // twelve searches of random points tell the size
        for (int i = 0; i < 12; i++) {
            play(core, core.start(NOW, i, new DhtOperation.FindClosest(Position.random(random))), honest);
        }
        assertThat(core.estimatedNodes()).isBetween(1000.0, 4000.0);
        Set<Contact> stored = play(core, core.start(NOW, 100, new DhtOperation.Put(record, -1)), everybody);
        honest.sort(ContactTable.byDistance(target));
        assertThat(honest.subList(0, 20)).filteredOn(stored::contains).hasSizeGreaterThanOrEqualTo(10);
    }

    /** Answers every call with the nearest of all nodes; returns who was asked to keep a record. */
    private static Set<Contact> play(DhtCore core, List<DhtAction> first, List<Contact> everybody) {
        List<DhtAction> todo = new ArrayList<>(first);
        Set<Contact> stored = new HashSet<>();
        while (!todo.isEmpty()) {
            if (todo.remove(0) instanceof DhtAction.Call call) {
                DhtResponse response = new DhtResponse.Done();
                if (call.request() instanceof DhtRequest.PutRecord) {
                    stored.add(call.to());
                } else {
                    Position target = call.request() instanceof DhtRequest.FindNodes f
                            ? f.target()
                            : Position.of(((DhtRequest.FindRecord) call.request()).key());
                    response = new DhtResponse.Found(
                            Optional.empty(),
                            List.of(),
                            everybody.stream()
                                    .sorted(ContactTable.byDistance(target))
                                    .limit(20)
                                    .toList());
                }
                todo.addAll(core.onResponse(NOW + 50, call.call(), response));
            }
        }
        return stored;
    }

    // ---------------------------------------------------------------- what is kept

    @Test
    void onlyNewerRecordsReplaceOthersAndOnlyWhatIsThereIsReplaced() {
        RecordStore store = new RecordStore(SETTINGS, SELF.position());
        NodeId peer = id(1);
        assertThat(store.put(NOW, peer, record(5, new byte[] {1}), -1)).isInstanceOf(DhtResponse.Done.class);
        assertThat(store.put(NOW, peer, record(5, new byte[] {1}), -1)).isInstanceOf(DhtResponse.Done.class);
        assertThat(store.put(NOW, peer, record(5, new byte[] {2}), -1)).isEqualTo(stale(5));
        assertThat(store.put(NOW, peer, record(4, new byte[] {2}), -1)).isEqualTo(stale(5));
        assertThat(store.put(NOW, peer, record(6, new byte[] {2}), 4))
                .isEqualTo(new DhtResponse.Refused(DhtResponse.Reason.OTHER_SEQUENCE, 5));
        assertThat(store.put(NOW, peer, record(6, new byte[] {2}), 5)).isInstanceOf(DhtResponse.Done.class);
        assertThat(store.count()).isEqualTo(1);
        assertThat(store.record(record(6, new byte[] {2}).key(), NOW)).contains(record(6, new byte[] {2}));
    }

    @Test
    void forgedForeignAndEndedRecordsAreRefused() {
        RecordStore store = new RecordStore(SETTINGS, SELF.position());
        byte[] encoded = record(1, new byte[] {1}).encode();
        encoded[encoded.length - 1] ^= 1;
        assertThat(store.put(NOW, id(1), SignedRecord.decode(encoded), -1))
                .isEqualTo(refused(DhtResponse.Reason.NOT_AUTHENTIC));
        SignedRecord foreign =
                SignedRecord.sign(key(1), new NetworkId(Digest.ZERO), SALT, 1, NOW + HOUR, new byte[] {1});
        assertThat(store.put(NOW, id(1), foreign, -1)).isEqualTo(refused(DhtResponse.Reason.NOT_AUTHENTIC));
        assertThat(store.put(NOW + 2 * HOUR, id(1), record(1, new byte[] {1}), -1))
                .isEqualTo(refused(DhtResponse.Reason.EXPIRY));
        ProviderRecord provider = provider(1, 1);
        ProviderRecord moved = new ProviderRecord(
                Digest.ZERO, provider.provider(), provider.addresses(), provider.expiresMillis(), provider.signature());
        assertThat(store.add(NOW, id(1), moved)).isEqualTo(refused(DhtResponse.Reason.NOT_AUTHENTIC));
        assertThat(store.count()).isZero();
    }

    @Test
    void whatHasEndedIsForgottenAndNothingIsKeptForLongerThanTwoDays() {
        RecordStore store = new RecordStore(SETTINGS, SELF.position());
        SignedRecord eternal = SignedRecord.sign(key(1), NETWORK, SALT, 1, Long.MAX_VALUE, new byte[] {1});
        store.put(NOW, id(1), eternal, -1);
        store.add(NOW, id(2), provider(1, 1));
        assertThat(store.providers(provider(1, 1).key(), NOW)).hasSize(1);
        assertThat(store.providers(provider(1, 1).key(), NOW + HOUR)).isEmpty();
        assertThat(store.record(eternal.key(), NOW + RecordStore.MAX_TTL_MILLIS - 1))
                .isPresent();
        assertThat(store.record(eternal.key(), NOW + RecordStore.MAX_TTL_MILLIS))
                .isEmpty();
        store.expire(NOW + RecordStore.MAX_TTL_MILLIS);
        assertThat(store.count()).isZero();
    }

    @Test
    void peersHaveQuotasAndWhatIsFarGivesWay() {
        DhtSettings small = new DhtSettings(NETWORK, 20, 4, DhtSettings.Timing.ADAPTIVE, 2, 6, 4, HOUR);
        RecordStore store = new RecordStore(small, SELF.position());
        List<ProviderRecord> records = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            records.add(provider(1, i));
        }
        records.sort((x, y) -> SELF.position().compareDistance(Position.of(y.key()), Position.of(x.key())));
        for (int i = 0; i < 6; i++) {
            DhtResponse answer = store.add(NOW, id(1), records.get(i));
            assertThat(answer instanceof DhtResponse.Done).isEqualTo(i < 4);
        }
        store.add(NOW, id(2), records.get(4));
        store.add(NOW, id(2), records.get(5));
        assertThat(store.count()).isEqualTo(6);
        assertThat(store.add(NOW, id(3), records.get(11))).isInstanceOf(DhtResponse.Done.class);
        assertThat(store.count()).isEqualTo(6);
        assertThat(store.providers(records.get(0).key(), NOW)).isEmpty();
        assertThat(store.add(NOW, id(3), records.get(0))).isEqualTo(refused(DhtResponse.Reason.QUOTA));
    }

    // ---------------------------------------------------------------- asking and answering

    @Test
    void whoAsksGetsAPlaceOnlyAfterAnsweringWhereItSaysItIs() {
        DhtCore core = new DhtCore(SETTINGS, SELF, DhtMode.SERVER, NOW, 1);
        Contact asker = contact(99, 9);
        DhtCore.Answer answer = core.onRequest(
                NOW, asker.id(), Optional.of(asker.address()), new DhtRequest.FindNodes(SELF.position()));
        assertThat(core.knownNodes()).isZero();
        assertThat(answer.actions()).hasSize(1);
        DhtAction.Call probe = (DhtAction.Call) answer.actions().get(0);
        assertThat(probe.request()).isEqualTo(new DhtRequest.Ping());
        core.onResponse(NOW + 10, probe.call(), new DhtResponse.Done());
        assertThat(core.knownNodes()).isEqualTo(1);
        core.onRequest(NOW, id(5), Optional.empty(), new DhtRequest.Ping());
        assertThat(core.knownNodes()).isEqualTo(1);
    }

    @Test
    void clientsKeepAndAnswerNothing() {
        DhtCore core = new DhtCore(SETTINGS, SELF, DhtMode.CLIENT, NOW, 1);
        assertThat(core.onRequest(NOW, id(1), Optional.empty(), new DhtRequest.PutRecord(record(1, new byte[1]), -1))
                        .response())
                .isEqualTo(refused(DhtResponse.Reason.CLIENT));
        assertThat(core.keptRecords()).isZero();
    }

    @Test
    void whoAnswersARequestForARecordWithAForgedOneIsNotBelieved() {
        DhtCore core = new DhtCore(SETTINGS, SELF, DhtMode.CLIENT, NOW, 1);
        core.remember(List.of(contact(1, 1)));
        SignedRecord good = record(1, new byte[] {1});
        byte[] bytes = record(7, new byte[] {7}).encode();
        bytes[bytes.length - 1] ^= 1;
        List<DhtAction> actions = core.start(NOW, 1, new DhtOperation.Get(good.key()));
        DhtAction.Call call = (DhtAction.Call) actions.get(0);
        actions = core.onResponse(
                NOW + 5,
                call.call(),
                new DhtResponse.Found(Optional.of(SignedRecord.decode(bytes)), List.of(), List.of(contact(2, 2))));
        assertThat(actions).containsExactly(new DhtAction.Finished(1, new DhtOutcome.Record(Optional.empty())));
    }

    @Test
    void operationsAreBounded() {
        DhtCore core = new DhtCore(SETTINGS, SELF, DhtMode.CLIENT, NOW, 1);
        core.remember(List.of(contact(1, 1)));
        for (int i = 0; i < DhtCore.MAX_OPERATIONS; i++) {
            core.start(NOW, i, new DhtOperation.FindClosest(SELF.position()));
        }
        assertThat(core.start(NOW, 999, new DhtOperation.FindClosest(SELF.position())))
                .containsExactly(new DhtAction.Finished(999, new DhtOutcome.Busy()));
        core.onTick(NOW + 60_000);
        assertThat(core.start(NOW + 60_000, 1000, new DhtOperation.FindClosest(SELF.position())))
                .isNotEmpty()
                .doesNotContain(new DhtAction.Finished(1000, new DhtOutcome.Busy()));
    }

    // ---------------------------------------------------------------- encodings

    @Test
    void encodingsAreThoseOfTheVectors() throws Exception {
        Vectors vectors = Vectors.of("dht.txt");
        SignedRecord record = record(7, "value".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        ProviderRecord provider = provider(1, 3);
        Contact contact = contact(3, 4);
        check(vectors, "record", record.encode());
        check(vectors, "record_key", record.key().toBytes());
        check(vectors, "provider", provider.encode());
        check(vectors, "provider_key", provider.key().toBytes());
        check(vectors, "ping", DhtCodec.encode(new DhtCodec.Query(Optional.empty(), new DhtRequest.Ping())));
        check(
                vectors,
                "find_nodes",
                DhtCodec.encode(new DhtCodec.Query(
                        Optional.of(contact.address()), new DhtRequest.FindNodes(contact.position()))));
        check(
                vectors,
                "put",
                DhtCodec.encode(new DhtCodec.Query(Optional.empty(), new DhtRequest.PutRecord(record, 6))));
        check(
                vectors,
                "found",
                DhtCodec.encode(new DhtResponse.Found(Optional.of(record), List.of(provider), List.of(contact))));
        check(vectors, "refused", DhtCodec.encode(new DhtResponse.Refused(DhtResponse.Reason.STALE, 9)));
    }

    private static void check(Vectors vectors, String name, byte[] encoded) {
        assertThat(HexFormat.of().formatHex(encoded)).as(name).isEqualTo(vectors.text(name));
    }

    @Test
    void damagedMessagesAreRefusedOrStayCanonical() {
        SignedRecord record = record(7, new byte[30]);
        ProviderRecord provider = provider(1, 3);
        List<byte[]> queries = new ArrayList<>();
        Optional<NodeAddress> address = Optional.of(new NodeAddress(1, 2, 3));
        for (DhtRequest request : List.of(
                new DhtRequest.Ping(),
                new DhtRequest.FindNodes(SELF.position()),
                new DhtRequest.FindRecord(record.key()),
                new DhtRequest.FindProviders(record.key()),
                new DhtRequest.PutRecord(record, 300),
                new DhtRequest.AddProvider(provider))) {
            queries.add(DhtCodec.encode(new DhtCodec.Query(address, request)));
            assertThat(DhtCodec.decodeQuery(queries.get(queries.size() - 1)).request())
                    .isEqualTo(request);
        }
        List<byte[]> responses = new ArrayList<>();
        for (DhtResponse response : List.of(
                new DhtResponse.Done(),
                refused(DhtResponse.Reason.QUOTA),
                new DhtResponse.Found(Optional.of(record), List.of(provider), List.of(SELF, contact(4, 4))))) {
            responses.add(DhtCodec.encode(response));
            assertThat(DhtCodec.decodeResponse(responses.get(responses.size() - 1)))
                    .isEqualTo(response);
        }
        Random random = new Random(Long.getLong("fuzz.seed", 1));
        long rounds = Long.getLong("fuzz.rounds", 2_000);
        for (long i = 0; i < rounds; i++) {
            byte[] query = damaged(queries.get(random.nextInt(queries.size())), random);
            byte[] response = damaged(responses.get(random.nextInt(responses.size())), random);
            try {
                assertThat(DhtCodec.encode(DhtCodec.decodeQuery(query))).isEqualTo(query);
            } catch (CborException refused) {
                assertThat(refused).hasMessageNotContaining("null");
            }
            try {
                assertThat(DhtCodec.encode(DhtCodec.decodeResponse(response))).isEqualTo(response);
            } catch (CborException refused) {
                assertThat(refused).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void misuseIsNamed() {
        assertThatThrownBy(() -> new NodeAddress(0, 1, 0)).hasMessageContaining("port");
        assertThatThrownBy(() -> record(1, new byte[1001])).hasMessageContaining("1001");
        assertThatThrownBy(() -> new DhtSettings(NETWORK, 3, 4, DhtSettings.Timing.ADAPTIVE, 2, 6, 4, HOUR))
                .hasMessageContaining("bucketSize");
    }

    private static byte[] damaged(byte[] bytes, Random random) {
        byte[] copy = random.nextInt(8) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 4)) : bytes.clone();
        for (int n = random.nextInt(3); n >= 0 && copy.length > 0; n--) {
            copy[random.nextInt(random.nextBoolean() ? Math.min(copy.length, 8) : copy.length)] =
                    (byte) random.nextInt(256);
        }
        return copy;
    }

    private static DhtResponse refused(DhtResponse.Reason reason) {
        return new DhtResponse.Refused(reason, -1);
    }

    private static DhtResponse stale(long sequence) {
        return new DhtResponse.Refused(DhtResponse.Reason.STALE, sequence);
    }

    private static SignedRecord record(long sequence, byte[] value) {
        return SignedRecord.sign(key(1), NETWORK, SALT, sequence, NOW + HOUR, value);
    }

    private static ProviderRecord provider(int key, int subject) {
        Digest what = Digest.sha256(new byte[] {(byte) subject});
        return ProviderRecord.sign(
                key(key), NETWORK, what, List.of(new NodeAddress(0x2001_0db8_0000_0000L, 1, 4433)), NOW + HOUR);
    }

    private static SigningKey key(int seed) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) seed);
        return SigningKey.fromSeed(bytes);
    }

    private static NodeId id(long top) {
        return new NodeId(Digest.of(ByteBuffer.allocate(32).putLong(top).array()));
    }

    private static Contact contact(long top, int site) {
        return new Contact(id(top), new NodeAddress(0x2001_0000_0000_0000L | (long) site << 16, 1, 4433));
    }
}
