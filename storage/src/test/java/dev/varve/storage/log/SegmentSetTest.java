package dev.varve.storage.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.InterceptedFiles;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentSetTest {

    private final SegmentSet segments =
            TestSegments.missing(LongStream.rangeClosed(101, 140).toArray());

    @Test
    void segmentsAreFoundByNumberAndById() {
        for (int number = 0; number < 40; number++) {
            Segment segment = segments.get(number);
            assertThat(segment.number()).isEqualTo(number);
            assertThat(segment.id()).isEqualTo(101 + number);
            assertThat(segments.find(segment.id())).isSameAs(segment);
            assertThat(segments.find(number)).isSameAs(segment);
        }
        assertThat(segments.all()).extracting(Segment::number).isSorted().hasSize(40);
    }

    @Test
    void whatIsNotThereIsNotFound() {
        assertThat(segments.find(-1)).isNull();
        assertThat(segments.find(40)).isNull();
        assertThat(segments.find(1_000_000)).isNull();
        assertThat(segments.find(7L)).isNull();
    }

    @Test
    void aNumberIsNeverGivenAgain() {
        Segment removed = segments.get(39);
        segments.remove(removed);
        assertThat(segments.find(39)).isNull();
        assertThat(segments.find(removed.id())).isNull();
        assertThat(segments.all()).hasSize(39).doesNotContain(removed);
        assertThatThrownBy(() -> segments.get(39))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("39 has been removed");
        Segment next = segments.add(new SegmentAllocator.Fresh(200, removed.file(), removed.capacity()));
        assertThat(next.number()).isEqualTo(40);
    }

    @Test
    void allAreClosedWhicheverFails(@TempDir Path directory) throws IOException {
        SegmentSet set = new SegmentSet();
        List<StoreFile> files = new ArrayList<>();
        for (int id = 0; id < 4; id++) {
            String name = "segment " + id;
            StoreFile file = DiskFileSystem.instance().create(directory.resolve(name));
            StoreFile failing = InterceptedFiles.wrap(file, (method, bytes) -> {
                if (method.equals("close") && file.size() == 0) {
                    file.close();
                    throw new IOException(name);
                }
            });
            if (id % 2 == 0) {
                file.preallocate(1);
            }
            files.add(file);
            set.add(new SegmentAllocator.Fresh(id, failing, 1));
        }
        assertThatThrownBy(set::close)
                .isInstanceOf(IOException.class)
                .hasMessage("segment 1")
                .satisfies(e ->
                        assertThat(e.getSuppressed()).singleElement().hasToString("java.io.IOException: segment 3"));
        for (StoreFile file : files) {
            assertThatThrownBy(file::size).isInstanceOf(ClosedChannelException.class);
        }
    }
}
