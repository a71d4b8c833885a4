package planted.threads.impl.consensus.driver;

/** Allowed: a driver owns the thread. */
public class Loop {
    void start(Runnable task) {
        new Thread(task).start();
    }
}
