package dev.varve.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class WriteBatchTest {

    @Test
    void changesStandInTheOrderInWhichTheyWereAdded() {
        byte[] key = {1};
        byte[] value = {2};
        Mutation other = new Mutation.Delete(new byte[] {3});
        WriteBatch batch = new WriteBatch().put(key, value).delete(key).add(other);
        assertThat(batch.mutations()).containsExactly(new Mutation.Put(key, value), new Mutation.Delete(key), other);
        assertThat(batch.size()).isEqualTo(3);
        assertThat(batch.isEmpty()).isFalse();
    }

    @Test
    void aNewOneIsEmpty() {
        assertThat(new WriteBatch().isEmpty()).isTrue();
        assertThat(new WriteBatch().size()).isZero();
        assertThat(new WriteBatch().mutations()).isEmpty();
    }

    @Test
    void theListOfChangesIsAView() {
        WriteBatch batch = new WriteBatch();
        var mutations = batch.mutations();
        batch.delete(new byte[] {1});
        assertThat(mutations).hasSize(1);
        assertThatThrownBy(mutations::removeLast).isInstanceOf(UnsupportedOperationException.class);
    }
}
