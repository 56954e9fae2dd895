package dev.varve.replication.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.Condition;
import dev.varve.replication.sequencer.RequestId;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Mutation;
import dev.varve.storage.StoreException;
import dev.varve.storage.WriteBatch;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommandCodecTest {

    private static final byte[] KEY = "key".getBytes(UTF_8);
    private static final byte[] VALUE = "value".getBytes(UTF_8);

    private static final Command ALL = Command.writeIf(
            List.of(
                    new Condition.Exists(KEY),
                    new Condition.Absent(VALUE),
                    new Condition.RevisionIs(KEY, -7),
                    new Condition.ValueIs(KEY, VALUE)),
            new WriteBatch()
                    .put(KEY, VALUE)
                    .delete(VALUE)
                    .deleteRange(KeyRange.closedOpen(KEY, VALUE))
                    .deleteRange(KeyRange.all())
                    .put(VALUE, new byte[0]));

    @Test
    void aCommandArrivesAsItWasSent() {
        CommandCodec.Forwarded arrived = CommandCodec.decode(CommandCodec.encode(new CommandCodec.Forwarded(5, ALL)));

        assertThat(arrived.timeoutMillis()).isEqualTo(5);
        assertThat(arrived.command().conditions()).usingRecursiveComparison().isEqualTo(ALL.conditions());
        List<Mutation> effects = arrived.command().effects().mutations();
        assertThat(effects).usingRecursiveComparison().isEqualTo(ALL.effects().mutations());
    }

    @Test
    void theNameOfACommandArrivesWithIt() {
        for (RequestId name : List.of(RequestId.ofClient(KEY, ALL), RequestId.ofNode(-3, 511, 1L << 40))) {
            CommandCodec.Forwarded arrived =
                    CommandCodec.decode(CommandCodec.encode(new CommandCodec.Forwarded(5, ALL.named(name))));
            assertThat(arrived.command().request()).usingRecursiveComparison().isEqualTo(name);
        }
    }

    @Test
    void everyAnswerArrivesAsItWasSent() {
        for (CommandCodec.Answer answer : List.of(
                new CommandCodec.Answer.Committed(1L << 60), new CommandCodec.Answer.ConditionFailed(3, 1L << 50))) {
            assertThat(CommandCodec.decodeAnswer(CommandCodec.encode(answer))).isEqualTo(answer);
        }
        for (StoreException.Kind kind : StoreException.Kind.values()) {
            CommandCodec.Answer failed = new CommandCodec.Answer.Failed(new StoreException(kind, "words"));
            assertThat(CommandCodec.decodeAnswer(CommandCodec.encode(failed)))
                    .isInstanceOfSatisfying(CommandCodec.Answer.Failed.class, arrived -> {
                        assertThat(arrived.failure().kind()).isEqualTo(kind);
                        assertThat(arrived.failure()).hasMessage("words");
                    });
        }
    }

    @Test
    void aCommandThatIsCutOffAnywhereIsRefused() {
        byte[] whole = CommandCodec.encode(new CommandCodec.Forwarded(5, ALL));
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> CommandCodec.decode(cut))
                    .as("cut to %d bytes", length)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
