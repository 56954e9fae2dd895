package dev.varve.replication;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.error.RaftError;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GroupChangesTest {

    @Test
    void whoseLeaderSteppedDownMayHaveBeenMade() {
        assertThat(kind(RaftError.EPERM)).isEqualTo(Kind.OUTCOME_UNKNOWN);
        assertThat(kind(RaftError.ENODESHUTDOWN)).isEqualTo(Kind.OUTCOME_UNKNOWN);
    }

    @Test
    void whatWasSurelyNotMadeMayBeTriedAgain() {
        assertThat(kind(RaftError.EBUSY)).isEqualTo(Kind.OVERLOADED);
        assertThat(kind(RaftError.ECATCHUP)).isEqualTo(Kind.NO_LEADER);
    }

    @Test
    void whatWasMadeIsNoFailure() {
        assertThat(GroupChanges.failure(Status.OK())).isNull();
    }

    private static Kind kind(RaftError error) {
        StoreException failure = GroupChanges.failure(new Status(error, "some words"));
        assertThat(failure).hasMessageContaining("some words");
        return Objects.requireNonNull(failure).kind();
    }
}
