package dev.varve.storage.log;

import dev.varve.storage.format.FrameCursor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes a run of value segments, one after another as each becomes full. Not thread-safe. */
public final class ValueRunWriter {

    private final ValueSegments values;
    private final int segmentBytes;
    private final List<Segment> written = new ArrayList<>();
    private final List<ValueSegmentInfo> finished = new ArrayList<>();
    private @Nullable ValueSegmentWriter current;

    ValueRunWriter(ValueSegments values, int segmentBytes) {
        this.values = values;
        this.segmentBytes = segmentBytes;
    }

    /** Adds the frame on which a cursor stands. */
    public MovedValue add(FrameCursor frame) throws IOException {
        ValueSegmentWriter writer = current;
        if (writer != null && (writer.sizeBytes() >= segmentBytes || !writer.fits(frame.length()))) {
            finished.add(writer.finish());
            writer = null;
        }
        if (writer == null) {
            writer = values.create();
            written.add(writer.segment());
            current = writer;
        }
        return writer.add(frame);
    }

    /** Ends the last segment. All are on the device then; their names must still be made durable. */
    public List<ValueSegmentInfo> finish() throws IOException {
        if (current != null) {
            finished.add(current.finish());
            current = null;
        }
        return List.copyOf(finished);
    }

    /** Removes what was written. */
    public void abandon() {
        written.forEach(values::remove);
        written.clear();
    }
}
