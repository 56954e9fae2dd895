package dev.varve.bench.engines;

import dev.varve.storage.Store;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.h2.mvstore.MVStore;
import org.lmdbjava.Env;
import org.rocksdb.RocksDB;

/** An engine that is measured. */
enum Contender {
    VARVE("Varve", true),
    ROCKSDB("RocksDB", false),
    ROCKSDB_BLOB("RocksDB blob", false),
    LMDB("LMDB", false),
    MVSTORE("MVStore", true);

    private final String title;
    private final boolean virtualThreads;

    Contender(String title, boolean virtualThreads) {
        this.title = title;
        this.virtualThreads = virtualThreads;
    }

    /** As in the report. */
    String title() {
        return title;
    }

    /**
     * Whether many writers are virtual threads. A call into native code holds the thread below a virtual one, so that there platform
     * threads are faster.
     */
    boolean takesVirtualThreads() {
        return virtualThreads;
    }

    /** Opens it; the directory exists. */
    Engine open(Engine.Setup setup) throws IOException {
        return switch (this) {
            case VARVE -> new VarveEngine(setup);
            case ROCKSDB -> RocksEngine.plain(setup);
            case ROCKSDB_BLOB -> RocksEngine.withBlobs(setup);
            case LMDB -> new LmdbEngine(setup);
            case MVSTORE -> new MvStoreEngine(setup);
        };
    }

    /** What is known of its version. */
    String version() {
        return switch (this) {
            case VARVE -> implementationVersion(Store.class);
            case ROCKSDB, ROCKSDB_BLOB -> {
                RocksDB.loadLibrary();
                yield RocksDB.rocksdbVersion() + " (JNI)";
            }
            case LMDB -> "lmdbjava " + implementationVersion(Env.class);
            case MVSTORE -> implementationVersion(MVStore.class);
        };
    }

    private static String implementationVersion(Class<?> type) {
        String version = type.getPackage().getImplementationVersion();
        return version == null ? "unknown" : version;
    }

    /** All but Varve. */
    static List<Contender> peers() {
        return Arrays.stream(values()).filter(contender -> contender != VARVE).toList();
    }
}
