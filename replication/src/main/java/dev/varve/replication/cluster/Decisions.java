package dev.varve.replication.cluster;

import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.Condition;
import dev.varve.replication.sequencer.WriteSequencer;
import dev.varve.replication.transport.CallHandler;
import dev.varve.storage.Durability;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.io.Ticker;

/** Has commands decided on this node, its own and those that others forward. Thread-safe. */
final class Decisions {

    private final Store store;
    private final WriteSequencer sequencer;
    private final ReadRounds rounds;
    private final Ticker ticker;

    Decisions(Store store, WriteSequencer sequencer, ReadRounds rounds, Ticker ticker) {
        this.store = store;
        this.sequencer = sequencer;
        this.rounds = rounds;
        this.ticker = ticker;
    }

    /**
     * Has a command decided by the sequencer of this node, if its disk has space for it. That a condition did not hold is an answer by the
     * applied state, which others may have changed if this node leads no longer: so it is told only after a round of ReadIndex.
     */
    void decide(Command command, CommandCallback callback) {
        try {
            store.admit(command.effects());
        } catch (StoreException e) {
            // A node whose log has failed leads no longer, or only for a moment: the next leader is to decide.
            callback.failed(e.kind() == StoreException.Kind.LOG_FAILED ? ClusterNode.notLeading() : e);
            return;
        }
        sequencer.submit(command, Durability.MAJORITY, new CommandCallback() {
            @Override
            public void committed(long revision) {
                callback.committed(revision);
            }

            @Override
            public void conditionFailed(Condition failed, long currentRevision) {
                rounds.await(ticker.nanos(), trouble -> {
                    if (trouble == null) {
                        callback.conditionFailed(failed, currentRevision);
                    } else {
                        callback.failed(ClusterNode.notLeading());
                    }
                });
            }

            @Override
            public void failed(StoreException failure) {
                callback.failed(failure);
            }
        });
    }

    /** A command that another node has forwarded. It is never forwarded again: the other node looks for the leader. */
    void forwarded(String from, byte[] body, CallHandler.Reply reply) {
        Command command = CommandCodec.decode(body).command();
        decide(command, new CommandCallback() {
            @Override
            public void committed(long revision) {
                answer(new CommandCodec.Answer.Committed(revision));
            }

            @Override
            public void conditionFailed(Condition failed, long currentRevision) {
                answer(new CommandCodec.Answer.ConditionFailed(
                        command.conditions().indexOf(failed), currentRevision));
            }

            @Override
            public void failed(StoreException failure) {
                answer(new CommandCodec.Answer.Failed(failure));
            }

            private void answer(CommandCodec.Answer answer) {
                reply.answer(CommandCodec.encode(answer));
            }
        });
    }
}
