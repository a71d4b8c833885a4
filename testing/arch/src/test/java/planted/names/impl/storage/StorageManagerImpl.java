package planted.names.impl.storage;

/** Violation: twice. */
public class StorageManagerImpl {}
