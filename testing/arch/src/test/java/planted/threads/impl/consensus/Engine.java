package planted.threads.impl.consensus;

import java.util.concurrent.CompletableFuture;

/** Violation: a core that starts a thread and waits for another. */
public class Engine {
    void start(Runnable task) {
        new Thread(task).start();
    }

    String await(CompletableFuture<String> answer) {
        return answer.join();
    }
}
