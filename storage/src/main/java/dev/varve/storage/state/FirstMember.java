package dev.varve.storage.state;

import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.checkpoint.ManifestEdit;
import dev.varve.storage.format.RaftConfiguration;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.LogEntry;
import dev.varve.storage.log.VoteFile;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the store of a single node, with all that is in it, that of the first member of a Raft group, in place. Its log is a Raft log
 * already: what a single node has written is committed. It gets an entry that says who the members are, and a vote, and then its name in the
 * manifest, by one edit. Until that is on the device the store is a single node's, and all of it can be done again; from then on it is a
 * member's.
 */
final class FirstMember {

    private static final Logger logger = LoggerFactory.getLogger(FirstMember.class);

    private FirstMember() {}

    /**
     * Does it, and closes the store.
     *
     * @param directory of the store of a single node; closed in any case
     * @param founder says whether it may be done
     */
    static void found(StoreDirectory directory, StateOptions options, Founder founder, StateListener listener)
            throws IOException {
        Founding founding;
        try {
            founding = founder.grow();
        } catch (IOException | RuntimeException e) {
            directory.close();
            throw e;
        }
        Manifest manifest = directory.manifest();
        ManifestEdit.Identity before = manifest.state().identity();
        String member = founding.memberId(before.origin());
        try (StateMachine alone = StateMachine.open(directory, options, StateMachine.Mode.ALONE, listener)) {
            appendMembers(alone, member);
            try (VoteFile vote = VoteFile.open(
                    directory.environment().files(),
                    directory.path(),
                    manifest.state().storeId())) {
                vote.save(Math.max(vote.term(), alone.appliedTerm()), member);
            }
            manifest.append(List.of(
                    new ManifestEdit.Identity(before.incarnation(), before.origin(), before.createdMicros(), member)));
            logger.info(
                    "the store of the single node '{}', with all of its {} revisions, is that of {} from now on",
                    before.nodeId(),
                    alone.visibleRevision(),
                    member);
        }
    }

    /** Until this entry is applied, whoever reads the log takes the single node for its only member. */
    private static void appendMembers(StateMachine alone, String member) throws IOException {
        Log log = alone.log();
        LogEntry members = new LogEntry(
                RecordType.CONFIGURATION,
                log.lastIndex() + 1,
                Math.max(1, alone.appliedTerm()),
                log.clock().micros(),
                log.state().nextRevision(),
                RaftConfiguration.alone(member).toFrame().payload());
        alone.apply(members, log.append(List.of(members))[0]);
    }
}
