package dev.varve.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecorderTest {

    private final AtomicLong clock = new AtomicLong(1000);
    private final Recorder recorder = new Recorder(clock::incrementAndGet);

    @Test
    void aReadThatNamesALowerRevisionThanOneThatEndedBeforeItIsNoticed() {
        recorder.begin(1, Operation.put("k", "v")).end(Outcome.done(), 7);
        recorder.begin(2, Operation.get("k")).end(Outcome.found(List.of("v")), 7);
        assertThat(recorder.reversals()).isEmpty();
        recorder.begin(2, Operation.get("k")).end(Outcome.found(List.of("v")), 6);
        assertThat(recorder.reversals()).hasSize(1).allMatch(line -> line.contains("revision 7 had been seen"));
    }

    @Test
    void aWriteHasARevisionOfItsOwn() {
        recorder.begin(1, Operation.get("k")).end(Outcome.found(Arrays.asList((String) null)), 7);
        recorder.begin(1, Operation.put("k", "v")).end(Outcome.done(), 7);
        assertThat(recorder.reversals()).hasSize(1);
    }

    @Test
    void callsAtOneTimeMayHaveTheirRevisionsInAnyOrder() {
        Recorder.Begun read = recorder.begin(1, Operation.get("k"));
        recorder.begin(2, Operation.put("k", "v")).end(Outcome.done(), 7);
        Call call = read.end(Outcome.found(List.of("u")), 6);
        assertThat(recorder.reversals()).isEmpty();
        assertThat(call.beginNanos()).isEqualTo(1);
        assertThat(call.endNanos()).isEqualTo(4);
    }

    @Test
    void aFileGivesBackWhatWasWritten(@TempDir Path directory) throws IOException {
        List<Call> calls = List.of(
                new Call(1, Operation.put("k\"\n", "v\u20ac"), Outcome.done(), 1, 2, 3),
                new Call(2, Operation.range(List.of("a", "b")), Outcome.found(Arrays.asList("1", null)), 4, 5, 6),
                new Call(3, Operation.putIfAbsent("k", "v"), Outcome.missed(), 7, 8, 0),
                new Call(4, Operation.delete("k"), Outcome.unknown(), 9, 10, 0),
                new Call(4, Operation.batch(List.of("a", "b"), "v"), Outcome.refused(), 11, 12, 0));
        Path file = directory.resolve("history.jsonl");
        try (HistoryFile out = new HistoryFile(file)) {
            out.write(calls.subList(0, 2));
            out.write(calls.subList(2, 5));
        }
        assertThat(HistoryFile.read(file)).isEqualTo(calls);
        Files.writeString(file, "{\"client\":1}\n");
        assertThatThrownBy(() -> HistoryFile.read(file)).hasMessageContaining("line 1");
    }
}
