package dev.varve.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.format.RaftConfiguration;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.LogEntry;
import dev.varve.storage.state.Founder;
import dev.varve.storage.state.Founding;
import dev.varve.storage.state.StateMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The store of a single node becomes that of the first member of a group, in place, wherever the machine stops meanwhile. */
class FirstMemberTest {

    private static final Path DATA = Path.of("/data");
    private static final int KEYS = 40;

    /** Consents to the one, and never founds another. */
    private static final Founder GROWING = new Founder() {
        @Override
        public Founding decide() {
            throw new AssertionError("there is a store already");
        }

        @Override
        public Founding grow() {
            return new Founding("a", 0, true);
        }
    };

    /** A disk with the store of a single node, closed. */
    private static SimulatedFileSystem disk(boolean flushed) {
        SimulatedEnvironment machine = SimulatedEnvironment.create(7);
        try (Store store = Store.open(DATA, Scenario.OPTIONS, machine.environment())) {
            for (int i = 0; i < KEYS; i++) {
                store.put(key(i), value(i));
                if (flushed && i == KEYS / 2) {
                    flush(store);
                }
            }
        }
        return machine.files();
    }

    private static void flush(Store store) {
        try {
            store.state().checkpoint();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] key(int i) {
        return ("key " + i).getBytes(UTF_8);
    }

    private static byte[] value(int i) {
        byte[] value = new byte[200 + i];
        new Random(i).nextBytes(value);
        return value;
    }

    private static Store member(SimulatedFileSystem files, Founder founder) {
        return Store.member(
                DATA, Scenario.OPTIONS, SimulatedEnvironment.on(files, 8).environment(), founder);
    }

    /** Commits all that is in the log, as a group of one member would, and checks that everything is there. */
    private static void checkMember(Store store) {
        assertThat(store.nodeId()).startsWith("a:");
        StateMachine state = store.state();
        try {
            Log log = state.log();
            RaftConfiguration members = null;
            while (state.appliedIndex() < log.lastIndex()) {
                long index = state.appliedIndex() + 1;
                LogEntry entry = Objects.requireNonNull(log.entry(index));
                if (entry.type() == RecordType.CONFIGURATION) {
                    members = RaftConfiguration.fromFrame(entry.payload());
                }
                state.apply(entry, log.position(index));
                state.publish();
            }
            assertThat(Objects.requireNonNull(members).voters()).containsExactly(store.nodeId());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        checkData(store);
    }

    private static void checkData(Store store) {
        assertThat(store.revision()).isEqualTo(KEYS);
        for (int i = 0; i < KEYS; i++) {
            assertThat(store.get(key(i))).as("key %d", i).isEqualTo(value(i));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void itKeepsItsDataItsRevisionsAndItsIncarnation(boolean flushed) {
        SimulatedFileSystem files = disk(flushed);
        long incarnation;
        try (Store alone = Store.open(
                DATA, Scenario.OPTIONS, SimulatedEnvironment.on(files, 9).environment())) {
            incarnation = alone.incarnation();
        }
        for (int life = 0; life < 2; life++) {
            try (Store store = member(files, GROWING)) {
                checkMember(store);
                assertThat(store.incarnation()).isEqualTo(incarnation);
                // An unflushed log is there from its first entry, so that others can be brought up to date by it.
                assertThat(store.state().log().firstIndex() == 1).isEqualTo(!flushed);
            }
        }
        assertThatThrownBy(() -> Store.open(
                        DATA,
                        Scenario.OPTIONS,
                        SimulatedEnvironment.on(files, 9).environment()))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("the store of node 'a' of a cluster")
                .hasMessageContaining("--raft");
    }

    @Test
    void withoutConsentItStaysAsItIs() {
        SimulatedFileSystem files = disk(false);
        Founder refusing = () -> {
            throw new AssertionError("there is a store already");
        };
        assertThatThrownBy(() -> member(files, refusing))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("store of a single node");
        try (Store alone = Store.open(
                DATA, Scenario.OPTIONS, SimulatedEnvironment.on(files, 9).environment())) {
            checkData(alone);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whereverTheMachineStopsItGoesOnAtTheNextStart(boolean flushed) {
        SimulatedFileSystem files = disk(flushed);
        List<SimulatedDisk> images = new ArrayList<>();
        files.watch(call -> {
            if (CallKind.CHANGES.contains(call.kind())) {
                images.add(files.disk().copy());
            }
        });
        member(files, GROWING).close();
        files.watch(call -> {});
        assertThat(images).as("calls that change files").hasSizeGreaterThan(10);
        int grown = 0;
        for (int i = 0; i < images.size(); i++) {
            for (CrashMode mode : CrashMode.values()) {
                SimulatedDisk left = i % 2 == 0 ? images.get(i) : images.get(i).afterPowerCut(new Random(i), mode);
                String moment = "before call " + i + ", " + mode;
                grown += aloneOrMember(new SimulatedFileSystem(left.copy()), moment) ? 1 : 0;
                try (Store store = member(new SimulatedFileSystem(left.copy()), GROWING)) {
                    checkMember(store);
                } catch (RuntimeException | AssertionError e) {
                    throw new AssertionError(moment, e);
                }
            }
        }
        assertThat(grown).as("times that it was a member's already").isPositive();
    }

    /** What somebody finds who changes his mind: all of it, or that it is a member's. True if that. */
    private static boolean aloneOrMember(SimulatedFileSystem files, String moment) {
        try (Store alone = Store.open(
                DATA, Scenario.OPTIONS, SimulatedEnvironment.on(files, 9).environment())) {
            checkData(alone);
            alone.put(key(KEYS), value(KEYS));
            return false;
        } catch (StoreException e) {
            assertThat(e).as(moment).hasMessageContaining("the store of node 'a' of a cluster");
            return true;
        }
    }
}
