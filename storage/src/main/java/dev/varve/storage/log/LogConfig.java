package dev.varve.storage.log;

import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.Ticker;
import java.nio.file.Path;

/**
 * What a log is opened with.
 *
 * @param files the file system
 * @param ticker measures forces
 * @param directory where the segments are
 * @param storeId the store that they belong to
 * @param group the Raft group whose entries it holds
 * @param segmentBytes size of new segments
 * @param registry where segments are written down
 * @param listener told of forces
 */
public record LogConfig(
        FileSystem files,
        Ticker ticker,
        Path directory,
        StoreId storeId,
        int group,
        int segmentBytes,
        SegmentRegistry registry,
        LogListener listener) {}
