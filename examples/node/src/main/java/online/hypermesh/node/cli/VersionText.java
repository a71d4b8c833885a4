package online.hypermesh.node.cli;

import picocli.CommandLine.IVersionProvider;

/** The version the jar was built as. */
final class VersionText implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = VersionText.class.getPackage().getImplementationVersion();
        return new String[] {
            "hypermesh " + (version == null ? "(run from classes)" : version), "Java " + Runtime.version()
        };
    }
}
