package online.hypermesh.auth.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RuleTests {
    @Test
    void patternsCoverExactNamesPrefixesAndEverything() {
        assertThat(new ActionPattern("names.register").covers(Action.NAMES_REGISTER))
                .isTrue();
        assertThat(new ActionPattern("names.register").covers(Action.NAMES_RESOLVE))
                .isFalse();
        assertThat(new ActionPattern("names.*").covers(Action.NAMES_RESOLVE)).isTrue();
        assertThat(new ActionPattern("names.*").covers(new Action("names.zone.transfer")))
                .isTrue();
        assertThat(new ActionPattern("names.*").covers(new Action("namespace.list")))
                .isFalse();
        assertThat(ActionPattern.EVERYTHING.covers(Action.POLICY_WRITE)).isTrue();
    }

    @Test
    void patternsCoverAndOverlapPatterns() {
        assertThat(new ActionPattern("names.*").covers(new ActionPattern("names.zone.*")))
                .isTrue();
        assertThat(new ActionPattern("names.zone.*").covers(new ActionPattern("names.*")))
                .isFalse();
        assertThat(new ActionPattern("names.zone.*").overlaps(new ActionPattern("names.*")))
                .isTrue();
        assertThat(ActionPattern.EVERYTHING.covers(new ActionPattern("a.b"))).isTrue();
        assertThat(new ActionPattern("names.*").covers(ActionPattern.EVERYTHING))
                .isFalse();
        assertThat(new ActionPattern("names.*").overlaps(new ActionPattern("content.*")))
                .isFalse();
        assertThat(new ActionPattern("names.a").overlaps(new ActionPattern("names.ab")))
                .isFalse();
    }

    @Test
    void resourcesCoverByWholeSegments() {
        Resource names = new Resource("/names/db");
        assertThat(names.covers(new Resource("/names/db"))).isTrue();
        assertThat(names.covers(new Resource("/names/db/eu"))).isTrue();
        assertThat(names.covers(new Resource("/names/dbx"))).isFalse();
        assertThat(names.covers(new Resource("/names"))).isFalse();
        assertThat(names.overlaps(new Resource("/names"))).isTrue();
        assertThat(Resource.ROOT.covers(names)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "names", "names.", ".names", "Names.register", "names..x", "names.*", "a b.c", "ä.b"})
    void malformedActionsAreRefused(String name) {
        assertThatThrownBy(() -> new Action(name)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "names", "names*", "*.names", "na*.x", ".*", "names.**", "**"})
    void malformedPatternsAreRefused(String text) {
        assertThatThrownBy(() -> new ActionPattern(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "//", "/a/", "/a//b", "/a/../b", "/..", "/.", "/a/./b", "/a b", "/a?b", "/ä"})
    void malformedResourcesAreRefused(String path) {
        assertThatThrownBy(() -> new Resource(path)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void limitsAreKept() {
        assertThatThrownBy(() -> new Action("a." + "b".repeat(63))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Resource("/" + "a".repeat(200))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PolicyCommand.Revoke("r".repeat(49))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Resource("/" + " ".repeat(100_000)))
                .isInstanceOf(IllegalArgumentException.class)
                .satisfies(e -> assertThat(e.getMessage().length()).isLessThan(400));
    }

    @Test
    void subjectsAreWrittenAndReadByPeople() {
        NodeId id = NodeId.of(SigningKey.fromSeed(new byte[32]).verifyKey());
        assertThat(Subject.parse(id.toString())).isEqualTo(new Subject.Node(id));
        for (Group group : Group.values()) {
            assertThat(Subject.parse(new Subject.Kind(group).label())).isEqualTo(new Subject.Kind(group));
            assertThat(Group.of(group.code())).isEqualTo(group);
        }
        assertThatThrownBy(() -> Subject.parse("everybody"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("any-member");
    }
}
