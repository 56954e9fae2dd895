package dev.varve.storage.format.offences;

import com.alipay.sofa.jraft.Status;
import dev.varve.cli.Main;
import dev.varve.storage.index.offences.Higher;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.LongSupplier;

/** Does everything that a class of the engine must not do. Nobody runs it. */
public final class Offences {
    Offences() {}

    LongSupplier clock() {
        return System::nanoTime;
    }

    Instant wallClock() {
        return Instant.now();
    }

    boolean files(Path path) throws IOException {
        return Files.deleteIfExists(path);
    }

    Thread threads() {
        return Thread.ofPlatform().unstarted(() -> {});
    }

    double randomness() {
        return Math.random();
    }

    void console() {
        System.out.println();
    }

    URI sockets() {
        return URI.create("");
    }

    Status engine() {
        return Status.OK();
    }

    Class<?> higherLayer() {
        return Higher.class;
    }

    Class<?> higherModule() {
        return Main.class;
    }
}
