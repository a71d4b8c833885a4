package online.hypermesh.stoq.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class HandshakePlacesTests {
    private static InetAddress at(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new AssertionError(literal, e);
        }
    }

    @Test
    void oneAddressGetsHalfOfThePlacesAndOthersTheRest() {
        HandshakePlaces places = new HandshakePlaces(4, 2);
        assertThat(places.enter(at("192.0.2.1"))).isTrue();
        assertThat(places.enter(at("192.0.2.1"))).isTrue();
        assertThat(places.enter(at("192.0.2.1"))).isFalse();
        assertThat(places.enter(at("192.0.2.2"))).isTrue();
        assertThat(places.enter(at("192.0.2.3"))).isTrue();
        assertThat(places.enter(at("192.0.2.4"))).isFalse();
    }

    @Test
    void theAddressesOfAnIpv6NetworkShare() {
        HandshakePlaces places = new HandshakePlaces(2, 1);
        assertThat(places.enter(at("2001:db8:0:1::1"))).isTrue();
        assertThat(places.enter(at("2001:db8:0:1:ffff::2"))).isFalse();
        assertThat(places.enter(at("2001:db8:0:2::1"))).isTrue();
    }

    @Test
    void aPlaceThatIsLeftIsFree() {
        HandshakePlaces places = new HandshakePlaces(1, 1);
        for (int i = 0; i < 10; i++) {
            assertThat(places.enter(at("::1"))).isTrue();
            assertThat(places.enter(at("::1"))).isFalse();
            places.leave(at("::1"));
        }
    }
}
