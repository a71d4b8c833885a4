package online.hypermesh.impl.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;

/** A network of four validators with fixed keys, and a module that puts and removes what it is told. */
final class Network4 {
    static final Parameters SMALL = new Parameters(3600, 4096, 65_536, 30_000, 5_000, 500, 3);

    final Genesis genesis;
    final SignatureCheck signatures = new SignatureCheck();
    final LedgerTree tree;
    /** Headers of what was committed here, by height. */
    final List<BlockHeader> chain = new ArrayList<>();

    Network4() {
        this(genesis("four", 1_000_000));
    }

    /** With room for large transactions. */
    Network4(int maxTransactionBytes) {
        this(new Genesis(
                "roomy",
                1_000_000,
                genesis("four", 1_000_000).validators(),
                List.of(),
                new Parameters(3600, maxTransactionBytes, 65_536, 30_000, 5_000, 500, 3)));
    }

    private Network4(Genesis genesis) {
        this.genesis = genesis;
        this.tree = new LedgerTree(
                genesis, List.of(new PutModule("kv"), new PutModule("other")), TransactionGate.OPEN, signatures);
        chain.add(tree.finalizedHead());
    }

    static SigningKey key(int seed) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) seed);
        return SigningKey.fromSeed(bytes);
    }

    static Genesis genesis(String name, long createdAtMillis) {
        return genesis(name, createdAtMillis, SMALL);
    }

    static Genesis genesis(String name, long createdAtMillis, int protocolVersion) {
        return genesis(
                name,
                createdAtMillis,
                new Parameters(3600, 4096, 65_536, 30_000, 5_000, 500, 3, SMALL.epochSeconds(), protocolVersion));
    }

    private static Genesis genesis(String name, long createdAtMillis, Parameters parameters) {
        List<GenesisValidator> validators = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            validators.add(new GenesisValidator(
                    "n" + (i + 1),
                    key(10 + i).verifyKey(),
                    key(20 + i).verifyKey(),
                    key(30 + i).verifyKey(),
                    1));
        }
        return new Genesis(name, createdAtMillis, validators, List.of(key(40).verifyKey()), parameters);
    }

    NodeId validator(int index) {
        return genesis.validators().get(index).nodeId();
    }

    Transaction put(int sender, long nonce, String key, String value) {
        return transaction(sender, nonce, "kv", PutModule.put(key, value));
    }

    /** Puts one key per value, the keys being the nonces. */
    Bundle bundle(int sender, long firstNonce, String... values) {
        List<Bundle.Operation> operations = new ArrayList<>();
        for (String value : values) {
            operations.add(new Bundle.Operation("kv", PutModule.put("k" + (firstNonce + operations.size()), value)));
        }
        return Bundle.sign(genesis.networkId(), key(sender), firstNonce, operations);
    }

    Transaction transaction(int sender, long nonce, String module, byte[] payload) {
        return Transaction.sign(genesis.networkId(), key(sender), nonce, module, payload);
    }

    Block child(Digest parent, BodyEntry... entries) {
        BlockHeader p = tree.header(parent).orElseThrow();
        boolean begins = p.isClosing() && parent.equals(tree.finalizedHead().id());
        long epoch = begins ? p.epoch() + 1 : p.epoch();
        long view = begins ? 1 : p.view() + 1;
        NodeId proposer = tree.validators(epoch).orElseThrow().get(0).id();
        return tree.assemble(parent, epoch, view, proposer, p.timeMillis() + 10, List.of(entries));
    }

    /** Checks nothing, adds and finalizes a child of the finalized head. */
    Block commit(BodyEntry... entries) {
        Block block = child(tree.finalizedHead().id(), entries);
        tree.add(block);
        tree.finalizeUpTo(block.id());
        chain.add(block.header());
        return block;
    }

    Certificate certificate(VoteKind kind, BlockHeader header, int... voters) {
        VoteStatement statement = new VoteStatement(kind, header.epoch(), header.view(), header.id());
        List<Certificate.IndexedSignature> votes = new ArrayList<>();
        for (int voter : voters) {
            votes.add(new Certificate.IndexedSignature(
                    voter, key(20 + voter).sign(VoteStatement.TAG, genesis.networkId(), statement.encode())));
        }
        return new Certificate(statement, votes);
    }

    static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }

    /** Payload {@code [op, key, value]}: 0 puts, 1 removes, 2 puts and then refuses, 3 and 4 put and then throw. */
    record PutModule(String name) implements LedgerModule {
        static byte[] put(String key, String value) {
            return op(0, key, value);
        }

        static byte[] op(int op, String key, String value) {
            return new CborWriter()
                    .array(3)
                    .uint(op)
                    .bytes(utf8(key))
                    .bytes(utf8(value))
                    .toBytes();
        }

        @Override
        public void initialize(Genesis genesis, StateWriter state) {
            state.put(utf8("founder"), utf8(genesis.name()));
        }

        @Override
        public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
            CborReader r = new CborReader(payload).expectArray(3);
            int op = r.uint(4);
            byte[] key = r.bytes(1000);
            byte[] value = r.bytes(100_000);
            r.end();
            if (op == 1) {
                state.remove(key);
                return Outcome.applied();
            }
            Optional<byte[]> old = state.get(key);
            state.put(key, value);
            return switch (op) {
                case 2 -> Outcome.refused("UNWANTED", "x".repeat(2000));
                case 3 -> throw new IllegalArgumentException("platform text");
                case 4 -> new Outcome.Applied(new byte[5000]);
                default -> new Outcome.Applied(old.orElse(new byte[0]));
            };
        }
    }
}
