package online.hypermesh.bench;

import static org.assertj.core.api.Assertions.assertThat;

import online.hypermesh.api.proof.ProofBundle;
import org.junit.jupiter.api.Test;

class ProofSubjectTests {
    @Test
    void whatIsMeasuredHoldsAndFits() {
        ProofSubject subject = new ProofSubject();
        byte[] bundle = subject.bundle(1);
        assertThat(bundle.length).isLessThanOrEqualTo(ProofBundle.MAX_BYTES);
        assertThat(subject.check().verify(bundle).accepted()).isTrue();
    }
}
