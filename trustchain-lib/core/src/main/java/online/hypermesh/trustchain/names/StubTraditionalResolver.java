package online.hypermesh.trustchain.names;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.TrustchainException.Code;
import online.hypermesh.trustchain.api.names.ServiceAddress;
import online.hypermesh.trustchain.api.names.TraditionalResolver;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * Asks one recursive name server for AAAA records (RFC 1035, RFC 3596), over UDP and after truncation over TCP. Follows the
 * aliases within an answer, at most {@value #MAX_ALIASES}. Can be switched off and on while running; switched off, every
 * lookup fails as unreachable. Thread-safe.
 */
public final class StubTraditionalResolver implements TraditionalResolver {
    private static final int MAX_ALIASES = 8;
    private static final int MAX_ADDRESSES = 64;
    private static final long MAX_TTL_SECONDS = 86_400;

    private final InetSocketAddress server;
    private volatile boolean enabled = true;

    /**
     * Creates a resolver.
     *
     * @param server a resolved IPv6 address with a port
     */
    public StubTraditionalResolver(InetSocketAddress server) {
        if (!(server.getAddress() instanceof Inet6Address)) {
            throw new IllegalArgumentException("the name server must be a resolved IPv6 address, was " + server);
        }
        this.server = server;
    }

    /**
     * Switches lookups on or off.
     *
     * @param on whether lookups are made
     */
    public void enabled(boolean on) {
        this.enabled = on;
    }

    /**
     * Whether lookups are made.
     *
     * @return true unless switched off
     */
    public boolean isEnabled() {
        return enabled;
    }

    @Override
    public Answer lookup(String name, Duration timeout) {
        if (!enabled) {
            throw unreachable(name, "traditional names are switched off", null);
        }
        Name asked;
        try {
            asked = Name.fromString(name, Name.root);
        } catch (TextParseException e) {
            throw new TrustchainException(Code.BAD_NAME, Retry.NEVER, name + ": " + e.getMessage(), e);
        }
        Message response = exchange(name, asked, timeout);
        int rcode = response.getRcode();
        if (rcode == Rcode.NXDOMAIN) {
            return new Answer(false, List.of(), 0);
        }
        if (rcode != Rcode.NOERROR) {
            throw unreachable(name, "the server answered " + Rcode.string(rcode), null);
        }
        return addresses(asked, response);
    }

    private Message exchange(String name, Name asked, Duration timeout) {
        SimpleResolver resolver = new SimpleResolver(server);
        resolver.setTimeout(timeout);
        Message query = Message.newQuery(Record.newRecord(asked, Type.AAAA, DClass.IN));
        try {
            return resolver.sendAsync(query).toCompletableFuture().get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw unreachable(name, "no answer within " + timeout.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw unreachable(name, String.valueOf(io.getMessage()), io);
            }
            throw new IllegalStateException("the lookup of " + name + " failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TrustchainException(
                    Code.INTERRUPTED, Retry.SAME_CALL, "the lookup of " + name + " was interrupted", e);
        }
    }

    private static Answer addresses(Name asked, Message response) {
        List<Record> records = response.getSection(Section.ANSWER);
        Name owner = asked;
        long ttl = MAX_TTL_SECONDS;
        for (int aliases = 0; aliases <= MAX_ALIASES; aliases++) {
            List<ServiceAddress> found = new ArrayList<>();
            Name next = null;
            for (Record record : records) {
                if (!record.getName().equals(owner)) {
                    continue;
                }
                if (record instanceof AAAARecord aaaa && found.size() < MAX_ADDRESSES) {
                    if (aaaa.getAddress() instanceof Inet6Address address) {
                        found.add(ServiceAddress.of(address.getAddress(), 0));
                    }
                    ttl = Math.min(ttl, record.getTTL());
                } else if (record instanceof CNAMERecord alias) {
                    next = alias.getTarget();
                    ttl = Math.min(ttl, record.getTTL());
                }
            }
            if (!found.isEmpty() || next == null) {
                return new Answer(true, found, found.isEmpty() ? 0 : (int) ttl);
            }
            owner = next;
        }
        return new Answer(true, List.of(), 0);
    }

    private TrustchainException unreachable(String name, String what, @Nullable Throwable cause) {
        return new TrustchainException(
                Code.UNREACHABLE,
                Retry.SAME_CALL,
                "traditional lookup of " + name + " at " + server + " failed: " + what
                        + "; check the configured name server",
                cause);
    }
}
