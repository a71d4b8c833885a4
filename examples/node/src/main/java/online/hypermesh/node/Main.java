package online.hypermesh.node;

import online.hypermesh.node.cli.HypermeshCommand;

/** Runs the command line. */
public final class Main {
    private Main() {}

    /**
     * Runs one command and ends the process with its exit code.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        int code = HypermeshCommand.commandLine().execute(args);
        System.out.flush();
        System.err.flush();
        System.exit(code);
    }
}
