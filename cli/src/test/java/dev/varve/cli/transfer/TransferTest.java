package dev.varve.cli.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cli.ExitCode;
import dev.varve.cli.FakeServer;
import dev.varve.cli.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransferTest {

    @TempDir
    private Path directory;

    private FakeServer server;
    private final Shell shell = new Shell();

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer();
        shell.environment.put("XDG_STATE_HOME", directory.resolve("state").toString());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private int varve(String... arguments) {
        List<String> line = new ArrayList<>(List.of(arguments));
        line.addAll(List.of("--url", server.url()));
        return shell.run(line.toArray(String[]::new));
    }

    /** Files with names and sizes of many kinds. */
    private Map<String, byte[]> files(int count) {
        SplittableRandom random = new SplittableRandom(3);
        Map<String, byte[]> files = new TreeMap<>();
        files.put("empty", new byte[0]);
        files.put("é/ü 😀+%", "text".getBytes(UTF_8));
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[random.nextInt(2000)];
            random.nextBytes(value);
            files.put("d" + i % 7 + "/e" + i % 11 + "/f" + i, value);
        }
        return files;
    }

    private Path tree(Map<String, byte[]> files) throws IOException {
        Path root = Files.createDirectory(directory.resolve("in"));
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Path path = PathKeys.file(root, file.getKey().getBytes(UTF_8));
            Files.createDirectories(path.getParent());
            Files.write(path, file.getValue());
        }
        return root;
    }

    private Path zip(Map<String, byte[]> files) throws IOException {
        Path file = directory.resolve("in.zip");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("d0/"));
            for (Map.Entry<String, byte[]> entry : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
            }
        }
        return file;
    }

    private static Map<String, String> read(Path root) throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                found.put(new String(PathKeys.key(root, path), UTF_8), Arrays.toString(Files.readAllBytes(path)));
            }
        }
        return found;
    }

    private static Map<String, String> shown(Map<String, byte[]> files) {
        Map<String, String> shown = new TreeMap<>();
        files.forEach((key, value) -> shown.put(key, Arrays.toString(value)));
        return shown;
    }

    private Map<String, String> stored() {
        Map<String, String> stored = new TreeMap<>();
        server.entries.forEach((key, value) -> stored.put(new String(key, UTF_8), Arrays.toString(value)));
        return stored;
    }

    @Test
    void aTreeComesBackAsItWentIn() throws IOException {
        Map<String, byte[]> files = files(300);
        Path in = tree(files);
        assertThat(varve("import", in.toString())).as(shell.err()).isEqualTo(ExitCode.OK);
        assertThat(stored()).isEqualTo(shown(files));
        Path out = directory.resolve("out");
        assertThat(varve("export", out + "/")).as(shell.err()).isEqualTo(ExitCode.OK);
        assertThat(read(out)).isEqualTo(shown(files));
    }

    @Test
    void aZipFileComesBackUnderAPrefix() throws IOException {
        Map<String, byte[]> files = files(100);
        assertThat(varve("import", zip(files).toString(), "--prefix", "jdk/"))
                .as(shell.err())
                .isEqualTo(ExitCode.OK);
        assertThat(stored().keySet()).allMatch(key -> key.startsWith("jdk/")).hasSize(files.size());
        server.entries.put("zzz".getBytes(UTF_8), new byte[0]);
        Path out = directory.resolve("out.zip");
        assertThat(varve("export", out.toString(), "--prefix", "jdk/", "--strip-prefix"))
                .as(shell.err())
                .isEqualTo(ExitCode.OK);
        assertThat(directory.resolve("out.zip.part")).doesNotExist();
        server.entries.clear();
        assertThat(varve("import", out.toString())).as(shell.err()).isEqualTo(ExitCode.OK);
        assertThat(stored()).isEqualTo(shown(files));
    }

    @Test
    void linesComeBackByteByByteThroughStandardStreams() {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 300; i++) {
            byte[] key = new byte[1 + random.nextInt(12)];
            byte[] value = new byte[random.nextInt(50)];
            random.nextBytes(key);
            random.nextBytes(value);
            server.entries.put(key, value);
        }
        server.entries.put("text".getBytes(UTF_8), "über \n \"".getBytes(UTF_8));
        Map<String, String> before = new TreeMap<>();
        server.entries.forEach((key, value) -> before.put(Arrays.toString(key), Arrays.toString(value)));
        assertThat(varve("export", "-")).as(shell.err()).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).contains("{\"key\":\"text\",\"value\":\"über \\n \\\"\"}\n");
        shell.input(shell.outBytes());
        server.entries.clear();
        assertThat(varve("import", "-")).as(shell.err()).isEqualTo(ExitCode.OK);
        Map<String, String> after = new TreeMap<>();
        server.entries.forEach((key, value) -> after.put(Arrays.toString(key), Arrays.toString(value)));
        assertThat(after).isEqualTo(before);
    }

    @Test
    void anImportThatWasCutOffSendsOnlyTheRest() throws IOException {
        Map<String, byte[]> files = files(600);
        Path in = tree(files);
        server.stopAtPut = 300;
        assertThat(varve("import", in.toString(), "--wait", "1ms")).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).contains("Give the same command again");
        int acknowledged = server.entries.size();
        server.restart();
        server.puts.set(0);
        assertThat(varve("import", in.toString())).as(shell.err()).isEqualTo(ExitCode.OK);
        assertThat(shell.err()).contains("were there from an earlier run");
        assertThat(stored()).isEqualTo(shown(files));
        assertThat(server.puts.get())
                .isGreaterThanOrEqualTo(files.size() - acknowledged)
                .isLessThanOrEqualTo(files.size() - acknowledged + 64);
    }

    @Test
    void whatWasImportedUnderAnotherPrefixIsNotTakenForDone() throws IOException {
        Map<String, byte[]> files = files(600);
        Path in = tree(files);
        String journal = directory.resolve("journal").toString();
        files.forEach((key, value) -> server.entries.put(("b/" + key).getBytes(UTF_8), new byte[] {1}));
        server.stopAtPut = 300;
        assertThat(varve("import", in.toString(), "--wait", "1ms", "--resume", journal, "--prefix", "a/"))
                .isEqualTo(ExitCode.FAILED);
        server.restart();
        assertThat(varve("import", in.toString(), "--resume", journal, "--prefix", "b/"))
                .isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).contains("has changed").contains("--restart");
    }

    @Test
    void anImportOutlivesARestartOfTheServer() throws Exception {
        Map<String, byte[]> files = files(600);
        Path in = tree(files);
        server.stopAtPut = 300;
        Thread restarter = Thread.ofVirtual().start(() -> {
            try {
                while (!server.isStopped()) {
                    Thread.sleep(5);
                }
                server.restart();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(varve("import", in.toString())).as(shell.err()).isEqualTo(ExitCode.OK);
        restarter.join();
        assertThat(shell.err()).contains("Trying again").contains("answers again");
        assertThat(stored()).isEqualTo(shown(files));
    }

    @Test
    void anExportOutlivesARestartOfTheServer() throws Exception {
        Map<String, byte[]> files = files(400);
        files.forEach((key, value) -> server.entries.put(key.getBytes(UTF_8), value));
        server.breakRangeAt = 200;
        Thread restarter = Thread.ofVirtual().start(() -> {
            try {
                while (!server.isStopped()) {
                    Thread.sleep(5);
                }
                server.restart();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        Path out = directory.resolve("out");
        assertThat(varve("export", out + "/")).as(shell.err()).isEqualTo(ExitCode.OK);
        restarter.join();
        assertThat(shell.err()).contains("from 2 states");
        assertThat(read(out)).isEqualTo(shown(files));
    }

    @Test
    void anotherStoreIsNotTakenForTheOneOfTheJournal() throws IOException {
        Path in = tree(files(600));
        server.stopAtPut = 300;
        assertThat(varve("import", in.toString(), "--wait", "1ms")).isEqualTo(ExitCode.FAILED);
        server.entries.clear();
        server.restart();
        assertThat(varve("import", in.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).contains("another store").contains("--restart");
        assertThat(varve("import", in.toString(), "--restart")).isEqualTo(ExitCode.OK);
    }

    @Test
    void ofTwoLinesWithOneKeyTheLaterWins() {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            lines.append("{\"key\":\"k")
                    .append(i % 3)
                    .append("\",\"value\":\"")
                    .append(i)
                    .append("\"}\n\n");
        }
        shell.input(lines.toString().getBytes(UTF_8));
        assertThat(varve("import", "-")).as(shell.err()).isEqualTo(ExitCode.OK);
        assertThat(server.entries.values())
                .map(value -> new String(value, UTF_8))
                .containsExactly("1998", "1999", "1997");
    }

    @Test
    void aLineMayBeginWithAnyNumberOfBlanks() {
        shell.input((" ".repeat(100) + "{\"key\":\"a\",\"value\":\"1\"}\n" + " ".repeat(100) + "\n").getBytes(UTF_8));
        assertThat(varve("import", "-")).as(shell.err()).isEqualTo(ExitCode.OK);
        assertThat(stored()).containsOnlyKeys("a");
    }

    @Test
    void aLineThatIsNoEntryIsNamedByItsNumber() {
        for (String line : List.of(
                "{", "[]", "{\"key\":\"a\"}", "{\"key\":\"a\",\"value\":\"b\"} x", "{\"key\":\"\",\"value\":\"\"}")) {
            shell.input(("{\"key\":\"a\",\"value\":\"b\"}\n" + line + "\n").getBytes(UTF_8));
            assertThat(varve("import", "-")).as(line).isEqualTo(ExitCode.FAILED);
            assertThat(shell.err()).contains("standard input, line 2: ");
        }
    }

    @Test
    void aRefusedEntryEndsTheImportOrIsPassedOver() throws IOException {
        Path in = tree(Map.of("a", new byte[10], "b", new byte[2000], "c", new byte[20]));
        server.valueBytesMax = 1000;
        assertThat(varve("import", in.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).contains("'b'").contains("value-too-large").contains("--keep-going");
        assertThat(varve("import", in.toString(), "--keep-going")).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).contains("1 were refused");
        assertThat(stored()).containsOnlyKeys("a", "c");
    }

    @Test
    void keysThatAreNoSafePathsArePassedOverAndNamed() throws IOException {
        for (String key : List.of("../out-of-it", "/absolute", "a//b", "good")) {
            server.entries.put(key.getBytes(UTF_8), new byte[] {1});
        }
        Path out = directory.resolve("deep/out");
        assertThat(varve("export", out.toString(), "--format", "dir")).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err())
                .contains("'../out-of-it'")
                .contains("'/absolute'")
                .contains("3 were passed over");
        assertThat(read(directory.resolve("deep"))).containsOnlyKeys("out/good");
    }

    @Test
    void aLinkInTheTargetIsNotFollowed() throws IOException {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Path out = Files.createDirectory(directory.resolve("out"));
        Files.createSymbolicLink(out.resolve("d"), elsewhere);
        server.entries.put("d/file".getBytes(UTF_8), new byte[] {1});
        assertThat(varve("export", out.toString(), "--overwrite")).isEqualTo(ExitCode.FAILED);
        Files.delete(out.resolve("d"));
        Files.createSymbolicLink(out.resolve("f"), elsewhere.resolve("f"));
        server.entries.clear();
        server.entries.put("f".getBytes(UTF_8), new byte[] {1});
        assertThat(varve("export", out.toString(), "--overwrite")).isEqualTo(ExitCode.FAILED);
        assertThat(read(elsewhere)).isEmpty();
    }

    @Test
    void aKeyThatWouldBeFileAndDirectoryIsExplained() {
        server.entries.put("a".getBytes(UTF_8), new byte[] {1});
        server.entries.put("a/b".getBytes(UTF_8), new byte[] {1});
        assertThat(varve("export", directory.resolve("out") + "/")).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).contains("--format ndjson").contains("--after 'a'");
    }

    @Test
    void aFileThatWasNotFinishedIsToBeExportedAnew() throws IOException {
        files(50).forEach((key, value) -> server.entries.put(key.getBytes(UTF_8), value));
        for (String name : List.of("out.zip", "out.ndjson")) {
            server.breakRangeAt = 20;
            Path out = directory.resolve(name);
            assertThat(varve("export", out.toString(), "--wait", "1ms")).isEqualTo(ExitCode.FAILED);
            assertThat(shell.err()).contains(name + " was not written").doesNotContain("--after");
            assertThat(out).doesNotExist();
            server.restart();
        }
    }

    @Test
    void nothingThatIsThereIsReplacedUnasked() throws IOException {
        server.entries.put("a".getBytes(UTF_8), new byte[] {1});
        Path file = Files.writeString(directory.resolve("out.ndjson"), "mine");
        Path folder = Files.createDirectory(directory.resolve("full"));
        Files.writeString(folder.resolve("a"), "mine");
        for (Path target : List.of(file, folder)) {
            assertThat(varve("export", target.toString())).isEqualTo(ExitCode.FAILED);
            assertThat(shell.err()).contains("--overwrite");
        }
        assertThat(file).hasContent("mine");
        assertThat(varve("export", file.toString(), "--overwrite")).isEqualTo(ExitCode.OK);
        assertThat(file).hasContent("{\"key\":\"a\",\"value\":\"\\u0001\"}\n");
    }

    @Test
    void aNameThatDoesNotTellTheFormatIsAskedAbout() throws IOException {
        Path file = Files.writeString(directory.resolve("data.txt"), "{\"key\":\"a\",\"value\":\"b\"}");
        assertThat(varve("import", file.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(shell.err()).contains("--format");
        assertThat(varve("import", file.toString(), "--format", "ndjson")).isEqualTo(ExitCode.OK);
        assertThat(varve("import", file.toString(), "--format", "zip")).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).contains("no zip file");
        assertThat(varve("import", directory.resolve("none.zip").toString())).isEqualTo(ExitCode.FAILED);
    }
}
