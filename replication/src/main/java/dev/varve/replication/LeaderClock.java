package dev.varve.replication;

import dev.varve.storage.io.Ticker;

/**
 * The time that a leader logs: the last logged time when it began to lead, plus what has passed on its monotonic clock since.
 * The wall clock counts only for the first leader of a new group.
 *
 * @param originMicros the time when it began to lead, in microseconds since 1970
 * @param originNanos what the ticker said then
 */
record LeaderClock(long originMicros, long originNanos) {

    static LeaderClock since(long lastLoggedMicros, Ticker ticker) {
        return new LeaderClock(lastLoggedMicros, ticker.nanos());
    }

    long micros(Ticker ticker) {
        return originMicros + (ticker.nanos() - originNanos) / 1000;
    }
}
