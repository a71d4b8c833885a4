package online.hypermesh.impl.content.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import online.hypermesh.api.content.DedupDomain;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.Snapshot;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Deduplication ends where a domain ends. */
class DomainTests {
    private static final byte[] CONTENT = TestStore.random(1, 200_000);

    @TempDir
    Path dir;

    private static RepositoryKey key(DedupDomain domain) {
        return domain == DedupDomain.PUBLIC ? RepositoryKey.everybody() : TestStore.KEY;
    }

    private Repository create(String name, DedupDomain domain) {
        Repository.Cutting cutting = domain == DedupDomain.PUBLIC ? Repository.Cutting.OPEN : Repository.Cutting.KEYED;
        return Repository.create(
                dir.resolve(name),
                key(domain),
                new Repository.Format(Profile.FAST, cutting, 0, domain),
                TestStore.options());
    }

    private static long added(Repository store, byte[] content) throws IOException {
        return store.store("f", new ByteArrayInputStream(content), "").newBytes();
    }

    private static List<String> ids(RepositoryKeys keys) {
        ChunkNamer namer = new ChunkNamer(keys);
        List<String> ids = new ArrayList<>();
        for (int from = 0; from < CONTENT.length; from += 10_000) {
            namer.name(CONTENT, from, 10_000);
            ids.add(ChunkReader.name(namer.hi(), namer.lo()));
        }
        return ids;
    }

    @Test
    void whatOneDomainHoldsChangesNothingThatAnotherAnswers() throws IOException {
        for (DedupDomain holder : DedupDomain.values()) {
            try (Repository holding = create("holder-" + holder, holder)) {
                added(holding, CONTENT);
            }
            for (DedupDomain prober : DedupDomain.values()) {
                String name = holder + "-" + prober;
                long known;
                long unknown;
                try (Repository one = create("known-" + name, prober);
                        Repository other = create("unknown-" + name, prober)) {
                    known = added(one, CONTENT);
                    unknown = added(other, TestStore.random(2, CONTENT.length));
                    assertThat(added(one, CONTENT))
                            .as("the same again, in one domain")
                            .isLessThan(2000);
                }
                // nothing is saved by what the other store has; lengths are padded, so equal inputs differ by little
                assertThat(known).as(name).isBetween(unknown - unknown / 8, unknown + unknown / 8);
            }
        }
    }

    @Test
    void idsOfOneDomainSayNothingInAnother() {
        Map<DedupDomain, List<String>> ids = new EnumMap<>(DedupDomain.class);
        Set<String> all = new HashSet<>();
        byte[] seed = TestStore.random(7, RepositoryKeys.SEED_BYTES);
        for (DedupDomain domain : DedupDomain.values()) {
            try (RepositoryKeys keys = new RepositoryKeys(seed, domain, Generation.NEWEST)) {
                ids.put(domain, ids(keys));
                all.addAll(ids(keys));
            }
        }
        assertThat(all).as("even under one seed").hasSize(3 * CONTENT.length / 10_000);
        try (RepositoryKeys another = new RepositoryKeys(
                TestStore.random(8, RepositoryKeys.SEED_BYTES), DedupDomain.GROUP, Generation.NEWEST)) {
            assertThat(ids(another)).doesNotContainAnyElementsOf(ids.get(DedupDomain.GROUP));
        }
    }

    @Test
    void packsOfSecretDomainsAreNeverEqualAndPublicIdsAlwaysAre() throws IOException {
        Set<String> packs = new HashSet<>();
        for (DedupDomain domain : List.of(DedupDomain.PRIVATE, DedupDomain.GROUP)) {
            for (int i = 0; i < 2; i++) {
                String name = "packs-" + domain + i;
                try (Repository store = create(name, domain)) {
                    added(store, CONTENT);
                }
                for (Path pack : TestStore.filesUnder(dir.resolve(name).resolve("packs"))) {
                    assertThat(packs.add(pack.getFileName().toString())).isTrue();
                    assertThat(new String(Files.readAllBytes(pack), StandardCharsets.ISO_8859_1))
                            .doesNotContain(new String(CONTENT, 5000, 64, StandardCharsets.ISO_8859_1));
                }
            }
        }
        byte[] seed = RepositoryKeys.newSeed(DedupDomain.PUBLIC, null);
        byte[] again = RepositoryKeys.newSeed(DedupDomain.PUBLIC, null);
        assertThat(again).isEqualTo(seed);
    }

    @Test
    void membersShareWhatAGroupHasAndStrangersOpenNothing() throws IOException {
        RepositoryKey member =
                RepositoryKey.passphrase(SecretBytes.copyOf("one of the group".getBytes(StandardCharsets.UTF_8)));
        try (Repository group = create("group", DedupDomain.GROUP)) {
            group.addKey(member);
            added(group, CONTENT);
        }
        try (Repository group = Repository.open(dir.resolve("group"), member, TestStore.options())) {
            assertThat(group.domain()).isEqualTo(DedupDomain.GROUP);
            assertThat(added(group, CONTENT)).isLessThan(2000);
            Snapshot snapshot = group.find("latest").orElseThrow();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            group.read(snapshot.id(), EntryPath.parse("f"), out);
            assertThat(out.toByteArray()).isEqualTo(CONTENT);
        }
        assertDenied(dir.resolve("group"), RepositoryKey.everybody());
        create("private", DedupDomain.PRIVATE).close();
        assertDenied(dir.resolve("private"), RepositoryKey.everybody());
        create("public", DedupDomain.PUBLIC).close();
        assertDenied(dir.resolve("public"), TestStore.KEY);
    }

    @Test
    void aRepositoryCannotBePassedOffAsOneOfAnotherDomain() throws IOException {
        create("group", DedupDomain.GROUP).close();
        Path group = dir.resolve("group");
        byte[] config = Files.readAllBytes(group.resolve("config"));
        int domain = 8 + 1 + 1 + 1 + 16; // magic, array, version, head of the id, id
        assertThat(config[domain]).isEqualTo((byte) 1);
        for (byte other : new byte[] {0, 2}) {
            byte[] changed = Arrays.copyOf(config, config.length);
            changed[domain] = other;
            Files.write(group.resolve("config"), changed);
            Files.write(group.resolve("config-copy"), changed);
            assertThatThrownBy(() -> Repository.open(group, TestStore.KEY, TestStore.options()))
                    .isInstanceOf(HypermeshException.class);
        }
    }

    @Test
    void aPublicRepositoryHasNoSecretsToAddAndIsCutOpenly() {
        try (Repository store = create("public", DedupDomain.PUBLIC)) {
            assertThatThrownBy(store::addRecoveryKey).hasMessageContaining("domain is PUBLIC");
            assertThatThrownBy(() -> store.addKey(TestStore.KEY)).hasMessageContaining("domain is PUBLIC");
        }
        assertThatThrownBy(() -> new Repository.Format(Profile.FAST, Repository.Cutting.KEYED, 0, DedupDomain.PUBLIC))
                .hasMessageContaining("cutting must be OPEN");
        assertThatThrownBy(() -> Repository.create(
                        dir.resolve("wrong"),
                        RepositoryKey.everybody(),
                        Repository.Format.DEFAULT,
                        TestStore.options()))
                .hasMessageContaining("public key");
    }

    private static void assertDenied(Path directory, RepositoryKey key) {
        assertThatThrownBy(() -> Repository.open(directory, key, TestStore.options()))
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.DENIED));
    }
}
