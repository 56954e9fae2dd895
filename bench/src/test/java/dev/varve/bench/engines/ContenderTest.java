package dev.varve.bench.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ContenderTest {

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource
    void anEngineGivesWhatItWasGivenAlsoWhenOpenedAgain(Contender contender) throws IOException {
        try (Engine engine = open(contender, false)) {
            engine.put(bytes("b"), bytes("2"));
            engine.putAll(
                    new byte[][] {bytes("d"), bytes("a"), bytes("c")},
                    new byte[][] {bytes("4"), bytes("1"), bytes("3")});
            engine.put(bytes("b"), bytes("two"));
            check(engine);
            engine.sync();
        }
        try (Engine engine = open(contender, false)) {
            check(engine);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyEngineTakesDurableWrites(Contender contender) throws IOException {
        try (Engine engine = open(contender, true)) {
            engine.put(bytes("a"), bytes("1"));
            assertThat(engine.get(bytes("a"))).isEqualTo(bytes("1"));
        }
    }

    private Engine open(Contender contender, boolean durable) throws IOException {
        return contender.open(new Engine.Setup(directory, durable, 16 << 20, 64 << 20));
    }

    private static void check(Engine engine) throws IOException {
        assertThat(engine.get(bytes("b"))).isEqualTo(bytes("two"));
        assertThat(engine.get(bytes("bb"))).isNull();
        List<String> seen = new ArrayList<>();
        engine.scan(bytes("aa"), 2, (key, value) -> seen.add(text(key) + "=" + text(value)));
        assertThat(seen).containsExactly("b=two", "c=3");
        engine.scan(bytes("d"), 10, (key, value) -> seen.add(text(key) + "=" + text(value)));
        assertThat(seen).containsExactly("b=two", "c=3", "d=4");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
