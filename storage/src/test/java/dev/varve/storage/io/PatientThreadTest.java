package dev.varve.storage.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Scanner;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PatientThreadTest {

    private static final Path STAT = Path.of("/proc/thread-self/stat");

    /** The nice value of the thread that asks: the 17th word behind its name, which is in brackets. */
    private static int niceness() {
        try (Scanner words = new Scanner(Files.readString(STAT))) {
            words.useDelimiter("\\) ").next();
            words.skip("\\) ").useDelimiter(" ");
            for (int i = 1; i < 17; i++) {
                words.next();
            }
            return words.nextInt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int nicenessOf(OwnedThread thread, AtomicInteger seen) {
        thread.start();
        thread.join();
        return seen.get();
    }

    @Test
    void onlyAPatientThreadGivesWayToOthers() {
        assumeThat(LinuxCalls.instance()).isNotNull();
        assumeThat(STAT).exists();
        int own = niceness();
        AtomicInteger seen = new AtomicInteger(-100);
        Runnable look = () -> seen.set(niceness());
        assertThat(nicenessOf(OwnedThread.patient("patient", look), seen)).isGreaterThan(own);
        assertThat(nicenessOf(new OwnedThread("usual", look), seen)).isEqualTo(own);
        assertThat(niceness()).isEqualTo(own);
    }
}
