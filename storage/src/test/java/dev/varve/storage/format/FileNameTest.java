package dev.varve.storage.format;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileNameTest {

    @Test
    void aNameIsTheIdInHexadecimalAndTheKind() {
        assertThat(new FileName(FileKind.LOG, 0x1234_5678_0000_000aL)).hasToString("123456780000000a.log");
        assertThat(new FileName(FileKind.TABLE, -1)).hasToString("ffffffffffffffff.table");
        assertThat(new FileName(FileKind.MANIFEST, 1)).hasToString("0000000000000001.manifest");
        assertThat(new FileName(FileKind.VOTE, 0)).hasToString("0000000000000000.vote");
    }

    @Test
    void whatIsPrintedIsParsed() {
        for (FileKind kind : FileKind.values()) {
            for (long id : new long[] {0, 1, 0x7fff_ffff_ffff_ffffL, Long.MIN_VALUE, -1}) {
                FileName name = new FileName(kind, id);
                assertThat(FileName.parse(name.toString())).contains(name);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "LOCK",
                ".log",
                "0000000000000001",
                "0000000000000001.",
                "0000000000000001log",
                "0000000000000001.LOG",
                "0000000000000001.logs",
                "0000000000000001.log.tmp",
                "0000000000000001..log",
                "000000000000001.log",
                "00000000000000001.log",
                "000000000000000A.log",
                "000000000000000g.log",
                "+000000000000001.log",
                " 000000000000001.log",
                "٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠١.log"
            })
    void nothingElseIsAName(String name) {
        assertThat(FileName.parse(name)).isEmpty();
    }

    @Test
    void anIdIsOriginAndCount() {
        for (int origin : new int[] {0, 1, 0x7fff_ffff, -1}) {
            for (int count : new int[] {0, 1, 0x7fff_ffff, -1}) {
                long id = FileName.id(origin, count);
                assertThat(FileName.origin(id)).isEqualTo(origin);
                assertThat(FileName.count(id)).isEqualTo(count);
            }
        }
        assertThat(FileName.id(0x1234_5678, -1)).isEqualTo(0x1234_5678_ffff_ffffL);
    }
}
