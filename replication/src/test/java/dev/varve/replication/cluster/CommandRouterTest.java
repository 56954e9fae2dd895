package dev.varve.replication.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.Condition;
import dev.varve.replication.sequencer.RequestId;
import dev.varve.storage.Mutation;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CommandRouterTest {

    private static final long DEADLINE = TimeUnit.SECONDS.toNanos(10);

    private @Nullable String leader;
    private boolean leadsHere;
    private long now;
    private final List<CommandCallback> decidedHere = new ArrayList<>();

    /** Where commands were sent, with the key of each, and whom to tell. */
    private final List<String> sent = new ArrayList<>();

    /** Under which names. */
    private final List<@Nullable RequestId> names = new ArrayList<>();

    private final List<CommandRouter.Arrival> arrivals = new ArrayList<>();
    private final List<Runnable> delayed = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final CommandRouter router = new CommandRouter(new Ways(), () -> now, 7);

    private final class Ways implements CommandRouter.Ways {
        @Override
        public @Nullable String leader() {
            return leader;
        }

        @Override
        public boolean leadsHere() {
            return leadsHere;
        }

        @Override
        public void decide(Command command, CommandCallback callback) {
            decidedHere.add(callback);
        }

        @Override
        public void forward(String to, byte[] body, long timeoutMillis, CommandRouter.Arrival arrival) {
            Command command = CommandCodec.decode(body).command();
            sent.add(to + " " + new String(key(command.effects().mutations().getFirst()), UTF_8));
            names.add(command.request());
            arrivals.add(arrival);
        }

        @Override
        public void later(Runnable task, long millis) {
            delayed.add(task);
        }
    }

    private static byte[] key(Mutation change) {
        return ((Mutation.OfKey) change).key();
    }

    private void submit(String name) {
        router.submit(Command.put(name.getBytes(UTF_8), new byte[1]), DEADLINE, new CommandCallback() {
            @Override
            public void committed(long revision) {
                told.add(name + " " + revision);
            }

            @Override
            public void conditionFailed(Condition failed, long currentRevision) {
                told.add(name + " condition failed");
            }

            @Override
            public void failed(StoreException failure) {
                told.add(name + " " + failure.kind());
            }
        });
    }

    private void runDelayed() {
        List<Runnable> due = List.copyOf(delayed);
        delayed.clear();
        due.forEach(Runnable::run);
    }

    private static CommandCodec.Answer notLeading() {
        return new CommandCodec.Answer.Failed(new StoreException(Kind.NO_LEADER, "not I"));
    }

    @Test
    void aLeaderDecidesItself() {
        leadsHere = true;
        submit("a");
        decidedHere.getFirst().committed(3);

        assertThat(told).containsExactly("a 3");
        assertThat(sent).isEmpty();
    }

    @Test
    void anyOtherNodeForwardsInOneHop() {
        leader = "n1";
        submit("a");
        arrivals.getFirst().answered(new CommandCodec.Answer.Committed(3));

        assertThat(sent).containsExactly("n1 a");
        assertThat(told).containsExactly("a 3");
    }

    @Test
    void whatWasCertainlyNotTakenGoesToTheNextLeaderInTheSameOrder() {
        leader = "n1";
        submit("a");
        submit("b");
        leader = null;
        arrivals.get(0).answered(notLeading());
        arrivals.get(1).lost(true, "no connection");
        submit("c");
        assertThat(told).isEmpty();

        leader = "n2";
        router.leaderChanged();

        assertThat(sent).containsExactly("n1 a", "n1 b", "n2 a", "n2 b", "n2 c");
    }

    @Test
    void whatWaitsIsDecidedHereWhenThisNodeIsElected() {
        submit("a");
        leadsHere = true;
        router.leaderChanged();
        decidedHere.getFirst().failed(new StoreException(Kind.NO_LEADER, "no longer"));
        leadsHere = false;
        leader = "n2";
        runDelayed();

        assertThat(sent).containsExactly("n2 a");
    }

    @Test
    void whatMayHaveBeenTakenIsSentAgainUnderTheSameNameAndBeforeWhatCameLater() {
        leader = "n1";
        submit("a");
        leader = null;
        submit("b");
        arrivals.getFirst().lost(false, "the connection was closed");
        leader = "n2";
        runDelayed();
        arrivals.get(1).answered(new CommandCodec.Answer.Committed(3));

        assertThat(sent).containsExactly("n1 a", "n2 a", "n2 b");
        assertThat(names.get(1)).isNotNull().usingRecursiveComparison().isEqualTo(names.get(0));
        assertThat(names.get(2)).isNotNull().usingRecursiveComparison().isNotEqualTo(names.get(0));
        assertThat(told).containsExactly("a 3");
    }

    @Test
    void whatALeaderLeavesUndecidedIsSentAgainAsWell() {
        leader = "n1";
        submit("a");
        arrivals.getFirst()
                .answered(new CommandCodec.Answer.Failed(new StoreException(Kind.OUTCOME_UNKNOWN, "the term ended")));
        runDelayed();
        arrivals.get(1).answered(new CommandCodec.Answer.Committed(3));

        assertThat(told).containsExactly("a 3");
    }

    @Test
    void whatMayHaveBeenTakenIsNeverToldAsNotWritten() {
        leader = "n1";
        submit("a");
        arrivals.getFirst().lost(false, "the connection was closed");
        runDelayed();
        arrivals.get(1).answered(new CommandCodec.Answer.Failed(new StoreException(Kind.OVERLOADED, "too much")));
        now = DEADLINE;
        runDelayed();

        assertThat(told).containsExactly("a " + Kind.OUTCOME_UNKNOWN);
    }

    @Test
    void aCommandWithoutANameWhoseOutcomeIsUnknownIsNotDecidedAgain() {
        leadsHere = true;
        submit("a");
        decidedHere.getFirst().failed(new StoreException(Kind.OUTCOME_UNKNOWN, "the term ended"));
        runDelayed();

        assertThat(told).containsExactly("a " + Kind.OUTCOME_UNKNOWN);
        assertThat(decidedHere).hasSize(1);
    }

    @Test
    void anAnswerOfALeaderThatWasGivenUpComesTooLate() {
        leader = "n1";
        submit("a");
        leader = "n2";
        router.giveUpForwardedTo("n1");
        arrivals.getFirst().answered(new CommandCodec.Answer.Committed(3));
        assertThat(told).isEmpty();
        runDelayed();
        arrivals.get(1).answered(new CommandCodec.Answer.Committed(4));

        assertThat(sent).containsExactly("n1 a", "n2 a");
        assertThat(told).containsExactly("a 4");
    }

    @Test
    void whatNoLeaderTakesBeforeItsDeadlineIsCertainlyNotWritten() {
        submit("a");
        now = DEADLINE - 1;
        runDelayed();
        leader = "n1";
        router.leaderChanged();

        assertThat(told).containsExactly("a " + Kind.NO_LEADER);
        assertThat(sent).isEmpty();
    }

    @Test
    void aNodeThatStopsGivesUpWhatWaitsAndTakesNothing() {
        submit("a");
        router.close();
        submit("b");

        assertThat(told).containsExactly("a " + Kind.CLOSED, "b " + Kind.CLOSED);
    }
}
