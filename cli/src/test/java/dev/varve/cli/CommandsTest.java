package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsTest {

    private static final byte[] BINARY = {0, (byte) 0xFF, '\n', 'a'};

    private FakeServer server;
    private final Shell shell = new Shell();

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private int varve(String command, String... arguments) {
        String[] line = new String[arguments.length + 3];
        line[0] = command;
        line[1] = "--url";
        line[2] = server.url();
        System.arraycopy(arguments, 0, line, 3, arguments.length);
        return shell.run(line);
    }

    private void store(String key, String value) {
        server.entries.put(key.getBytes(UTF_8), value.getBytes(UTF_8));
    }

    @Test
    void putStoresItsArgument() {
        assertThat(varve("put", "k", "vé")).isEqualTo(ExitCode.OK);
        assertThat(server.entries.get(new byte[] {'k'})).isEqualTo("vé".getBytes(UTF_8));
        assertThat(shell.out()).isEmpty();
    }

    @Test
    void putStoresStandardInputOrAFileByteByByte(@TempDir Path directory) throws IOException {
        shell.input(BINARY);
        assertThat(varve("put", "a")).isEqualTo(ExitCode.OK);
        Path file = Files.write(directory.resolve("value"), BINARY);
        assertThat(varve("put", "b", "--file", file.toString())).isEqualTo(ExitCode.OK);
        assertThat(server.entries.values()).containsExactly(BINARY, BINARY);
    }

    @Test
    void putRefusesTwoValues() {
        assertThat(varve("put", "a", "v", "--file", "f")).isEqualTo(ExitCode.USAGE);
        assertThat(varve("put", "", "v")).isEqualTo(ExitCode.USAGE);
        assertThat(server.entries).isEmpty();
    }

    @Test
    void getPrintsTheBytesAndNothingElse() {
        server.entries.put(BINARY, BINARY);
        assertThat(varve("get", "--key-encoding", "hex", "00ff0a61")).isEqualTo(ExitCode.OK);
        assertThat(shell.outBytes()).isEqualTo(BINARY);
        assertThat(varve("get", "--key-encoding", "base64", "AP8KYQ==", "-o", "json"))
                .isEqualTo(ExitCode.OK);
        assertThat(shell.out()).isEqualTo("{\"key64\":\"AP8KYQ==\",\"value64\":\"AP8KYQ==\"}\n");
    }

    @Test
    void getOfAMissingKeyEndsWithThree() {
        assertThat(varve("get", "k")).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(shell.out()).isEmpty();
        assertThat(shell.err()).isEqualTo("varve: There is no key 'k'.\n");
    }

    @Test
    void delRemovesWhatIsThereAndTellsWhatIsNot() {
        store("a", "1");
        store("c", "3");
        assertThat(varve("del", "a", "b", "c")).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(shell.err()).isEqualTo("varve: There is no key 'b'.\n");
        assertThat(server.entries).isEmpty();
    }

    @Test
    void batchSendsItsObject(@TempDir Path directory) throws IOException {
        shell.input("{\"a\":\"1\",\"b\":\"2\"}".getBytes(UTF_8));
        assertThat(varve("batch")).isEqualTo(ExitCode.OK);
        Path file = Files.writeString(directory.resolve("object"), "{\"c\":\"3\"}");
        assertThat(varve("batch", file.toString())).isEqualTo(ExitCode.OK);
        assertThat(server.entries.keySet()).map(key -> new String(key, UTF_8)).containsExactly("a", "b", "c");
    }

    @Test
    void rangeListsWhatLiesBetweenItsBounds() {
        store("a", "1");
        store("b", "line\nbreak\u0001");
        store("c", "3");
        assertThat(varve("range", "a", "b")).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).isEqualTo("KEY     BYTES  VALUE\na           1  1\nb          11  line\\nbreak\\x01\n");
        assertThat(varve("range", "b", "-o", "raw")).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).isEqualTo("b\tline\nbreak\u0001\nc\t3\n");
        assertThat(varve("range", "--limit", "1", "--after", "a", "-o", "json")).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).isEqualTo("[{\"key\":\"b\",\"value\":\"line\\nbreak\\u0001\"}]\n");
        assertThat(varve("range", "x", "-o", "json")).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).isEqualTo("[]\n");
    }

    @Test
    void rangeOfAPrefixKeepsToIt() {
        store("a", "1");
        store("ab", "2");
        store("ab\u007F", "3");
        store("ac", "4");
        assertThat(varve("range", "--prefix", "ab", "--keys-only", "-o", "raw")).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).isEqualTo("ab\nab\u007F\n");
        assertThat(varve("range", "--prefix", "ab", "a")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void aTableOfManyEntriesKeepsAllOfThem() {
        for (int i = 0; i < 1000; i++) {
            store("key%04d".formatted(i), "v".repeat(i));
        }
        assertThat(varve("range")).isEqualTo(ExitCode.OK);
        assertThat(shell.out().lines()).hasSize(1001).last().asString().startsWith("key0999       999  vvv");
    }

    @Test
    void aServerThatIsNotThereIsNamedWithWhatToDo() {
        server.stop();
        assertThat(varve("get", "k")).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).contains(server.url()).contains("varve server").contains("VARVE_URL");
        assertThat(shell.err().lines()).hasSize(1);
    }

    @Test
    void aRefusalShowsTheServersReason() {
        server.valueBytesMax = 3;
        assertThat(varve("put", "k", "long")).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).isEqualTo("varve: Refused: value-too-large.\n");
    }

    @Test
    void wrongUsageEndsWithTwo() {
        assertThat(shell.run()).isEqualTo(ExitCode.USAGE);
        assertThat(shell.run("gte", "k")).isEqualTo(ExitCode.USAGE);
        assertThat(shell.run("get")).isEqualTo(ExitCode.USAGE);
        assertThat(shell.run("get", "k", "--url", "ftp://x")).isEqualTo(ExitCode.USAGE);
        assertThat(shell.run("get", "k", "--timeout", "0s")).isEqualTo(ExitCode.USAGE);
        assertThat(shell.run("get", "k", "--key-encoding", "hex")).isEqualTo(ExitCode.USAGE);
        assertThat(shell.run("put", "k", "--file", "/no/such/file")).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).isEqualTo("varve: There is no file /no/such/file.\n");
    }

    @Test
    void everyCommandHasHelp() {
        for (String command :
                Main.commandLine(Console.system()).getSubcommands().keySet()) {
            assertThat(shell.run(command, "--help")).as(command).isEqualTo(ExitCode.OK);
            assertThat(shell.out()).startsWith("Usage: varve " + command);
        }
    }

    @Test
    void completionPrintsAScriptForEveryCommand() {
        assertThat(shell.run("completion")).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).contains("complete -F").contains("import").contains("--key-encoding");
    }

    @Test
    void aDiskThatIsFullIsNoSuccess() {
        store("a", "1");
        Console console = new Console(
                java.io.InputStream.nullInputStream(),
                new java.io.OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        throw new IOException("No space left on device");
                    }
                },
                new java.io.PrintStream(java.io.OutputStream.nullOutputStream(), false, UTF_8),
                false,
                java.util.Map.of(),
                dev.varve.storage.io.Ticker.system());
        assertThat(Main.execute(console, "get", "a", "--url", server.url())).isEqualTo(ExitCode.FAILED);
    }
}
