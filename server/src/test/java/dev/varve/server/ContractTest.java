package dev.varve.server;

import static dev.varve.server.RawClient.head;
import static dev.varve.server.RawClient.put;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.RawClient.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The HTTP contract, line by line, against a real server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ContractTest {

    private static final int MIB = 1 << 20;

    private VarveServer server;
    private RawClient client;

    @BeforeAll
    void start(@TempDir Path directory) {
        server = VarveServer.start(
                ServerOptions.builder(directory).http("127.0.0.1", 0).build());
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @AfterEach
    void disconnect() throws IOException {
        client.close();
    }

    @BeforeEach
    void connect() throws IOException {
        client = new RawClient(server.httpAddress());
    }

    private Answer get(String target) throws IOException {
        return client.exchange(head("GET " + target));
    }

    private static void assertProblem(Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.header("content-type")).isEqualTo("application/problem+json");
        assertThat(answer.text())
                .startsWith("{\"type\":\"urn:varve:error:" + code + "\"")
                .contains("\"code\":\"" + code + "\"", "\"status\":" + status, "\"detail\":\"", "\"remedy\":\"");
        assertThat(answer.header("varve-leader")).isNotEmpty();
    }

    // ---- Idempotency-Key ----

    private Answer named(String method, String target, String key, String body) throws IOException {
        return client.exchange(method + " " + target + " HTTP/1.1\r\nHost: x\r\nIdempotency-Key: " + key
                + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }

    @Test
    void aWriteThatIsRepeatedUnderItsKeyIsMadeOnceAndAnsweredTheSame() throws IOException {
        Answer first = named("PUT", "/put?key=once", "8e03978e", "one");
        client.exchange(put("once", "two"));
        Answer again = named("PUT", "/put?key=once", "8e03978e", "one");
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.header("varve-revision")).isEqualTo(first.header("varve-revision"));
        assertThat(get("/read?key=once").text()).isEqualTo("two");

        Answer missing = named("DELETE", "/delete?key=once2", "a delete".replace(' ', '-'), "");
        assertProblem(missing, 500, "key-not-found");
        client.exchange(put("once2", "there"));
        assertProblem(named("DELETE", "/delete?key=once2", "a-delete", ""), 500, "key-not-found");
        assertThat(get("/read?key=once2").text()).isEqualTo("there");

        Answer batch = named("POST", "/batchput", "batch", "{\"once3\":\"x\"}");
        client.exchange(head("DELETE /delete?key=once3"));
        assertThat(named("POST", "/batchput", "batch", "{\"once3\":\"x\"}").header("varve-revision"))
                .isEqualTo(batch.header("varve-revision"));
        assertThat(get("/read?key=once3").status()).isEqualTo(404);
    }

    @Test
    void anotherWriteUnderTheSameKeyIs422() throws IOException {
        named("PUT", "/put?key=reused", "reused", "one");
        assertProblem(named("PUT", "/put?key=reused", "reused", "two"), 422, "idempotency-key-reused");
        assertThat(get("/read?key=reused").text()).isEqualTo("one");
    }

    @Test
    void aKeyThatIsNoneIs400() throws IOException {
        assertProblem(named("PUT", "/put?key=a", "with space", "x"), 400, "malformed-request");
        assertProblem(named("PUT", "/put?key=a", "k".repeat(129), "x"), 400, "malformed-request");
        assertProblem(named("PUT", "/put?key=a", "one\r\nIdempotency-Key: two", "x"), 400, "malformed-request");
    }

    // ---- If-None-Match ----

    private Answer ifAbsent(String target, String condition, String body) throws IOException {
        return client.exchange("PUT " + target + " HTTP/1.1\r\nHost: x\r\nIf-None-Match: " + condition
                + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }

    @Test
    void aPutThatWantsItsKeyToBeAbsentIsMadeOnlyThen() throws IOException {
        assertThat(ifAbsent("/put?key=absent", "*", "one").status()).isEqualTo(200);
        assertProblem(ifAbsent("/put?key=absent", "*", "two"), 412, "precondition-failed");
        assertThat(get("/read?key=absent").text()).isEqualTo("one");

        client.exchange(head("DELETE /delete?key=absent"));
        assertThat(ifAbsent("/put?key=absent", "*", "three").status()).isEqualTo(200);
        assertThat(get("/read?key=absent").text()).isEqualTo("three");
    }

    @Test
    void thatAKeyWasThereIsRememberedLikeAnyAnswer() throws IOException {
        String name = "a-condition\r\nIf-None-Match: *";
        client.exchange(put("there", "one"));
        assertProblem(named("PUT", "/put?key=there", name, "two"), 412, "precondition-failed");
        client.exchange(head("DELETE /delete?key=there"));
        assertProblem(named("PUT", "/put?key=there", name, "two"), 412, "precondition-failed");
        assertThat(get("/read?key=there").status()).isEqualTo(404);
        assertProblem(named("PUT", "/put?key=there", "a-condition", "two"), 422, "idempotency-key-reused");
    }

    @Test
    void aConditionThatIsNotUnderstoodIs400() throws IOException {
        assertProblem(ifAbsent("/put?key=a", "\"7\"", "x"), 400, "malformed-request");
        assertProblem(client.exchange(head("DELETE /delete?key=a", "If-None-Match: *\r\n")), 400, "malformed-request");
    }

    // ---- Freshness, durability, the cluster ----

    private Answer readSince(String token) throws IOException {
        return client.exchange(head("GET /read?key=since", "Varve-Min-Revision: " + token + "\r\n"));
    }

    @Test
    void aReadMayDemandARevisionThatItWasTold() throws IOException {
        String token = client.exchange(put("since", "x")).header("varve-revision");
        assertThat(readSince(token).text()).isEqualTo("x");
        String incarnation = token.substring(0, token.indexOf('-'));
        assertProblem(readSince(incarnation + "-999999999"), 400, "invalid-argument");
        assertProblem(readSince("1-1"), 400, "malformed-request");
        assertProblem(readSince(incarnation + "-x"), 400, "malformed-request");
        assertProblem(readSince("7"), 400, "malformed-request");
    }

    @ParameterizedTest
    @CsvSource({"majority, majority", "leader, majority", "accepted, accepted"})
    void aWriteSaysHowDurableItIsIfItAskedForThat(String asked, String got) throws IOException {
        Answer answer = client.exchange(
                "PUT /put?key=durable&durability=" + asked + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("varve-durability")).isEqualTo(got);
        assertThat(client.exchange(head("DELETE /delete?key=durable&durability=" + asked))
                        .header("varve-durability"))
                .isEqualTo(got);
        assertProblem(client.exchange(head("PUT /put?key=durable&durability=none")), 400, "malformed-parameter");
    }

    @Test
    void aStoreThatIsServedAloneHasNoMembersToChange() throws IOException {
        assertProblem(client.exchange(head("POST /v1/cluster/members?id=n2")), 400, "invalid-argument");
        assertProblem(client.exchange(head("DELETE /v1/cluster/members?id=n2")), 400, "invalid-argument");
        assertProblem(client.exchange(head("POST /v1/cluster/members/n2/promote")), 400, "invalid-argument");
        assertThat(get("/v1/cluster/members/n2/promote").header("allow")).isEqualTo("POST");
        assertProblem(client.exchange(head("POST /v1/cluster/transfer-leadership")), 400, "invalid-argument");
        assertProblem(client.exchange(head("POST /v1/cluster/members")), 400, "missing-parameter");
        assertThat(get("/v1/cluster/members").header("allow")).isEqualTo("POST, DELETE");
    }

    // ---- /put and /read ----

    @Test
    void whatIsPutIsRead() throws IOException {
        Answer stored = client.exchange(put("myKey", "myValue"));
        assertThat(stored.status()).isEqualTo(200);
        assertThat(stored.header("varve-revision")).matches("[0-9a-f]+-[0-9]+");
        Answer read = get("/read?key=myKey");
        assertThat(read.status()).isEqualTo(200);
        assertThat(read.text()).isEqualTo("myValue");
        assertThat(read.header("varve-revision")).isEqualTo(stored.header("varve-revision"));
    }

    @Test
    void everyAnswerNamesTheLeader() throws IOException {
        String leader =
                server.store().nodeId() + "=127.0.0.1:" + server.httpAddress().getPort();
        assertThat(client.exchange(put("leader", "x")).header("varve-leader")).isEqualTo(leader);
        assertThat(get("/read?key=leader").header("varve-leader")).isEqualTo(leader);
        assertThat(get("/nowhere").header("varve-leader")).isEqualTo(leader);
        assertThat(get("/metrics").header("varve-leader")).isEqualTo(leader);
    }

    @Test
    void keysAndValuesAreAnyBytes() throws IOException {
        String value = "\u0000\u00ff\r\n\r\n\u0080";
        assertThat(client.exchange(put("%00%ff+%2B%26", value)).status()).isEqualTo(200);
        assertThat(get("/read?key=%00%FF%20%2b%26").text()).isEqualTo(value);
        assertThat(server.store().get(new byte[] {0, (byte) 0xff, ' ', '+', '&'}))
                .hasSize(value.length());
    }

    @Test
    void aValueMayBeEmpty() throws IOException {
        client.exchange(put("empty", ""));
        Answer read = get("/read?key=empty");
        assertThat(read.status()).isEqualTo(200);
        assertThat(read.header("content-length")).isEqualTo("0");
        assertThat(client.exchange(head("PUT /put?key=empty2")).status()).isEqualTo(200);
        assertThat(get("/read?key=empty2").body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 255, 256, 257, 32 << 10, (32 << 10) + 1, 100_000, MIB, 8 * MIB})
    void valuesOfEverySizeComeBackExactly(int length) throws IOException {
        byte[] value = new byte[length];
        new Random(length).nextBytes(value);
        client.send(head("PUT /put?key=size", "Content-Length: " + length + "\r\n"))
                .send(value);
        assertThat(client.answer().status()).isEqualTo(200);
        assertThat(get("/read?key=size").body()).isEqualTo(value);
        // In chunks of odd sizes, too.
        client.send(head("PUT /put?key=chunked", "Transfer-Encoding: chunked\r\n"));
        for (int at = 0; at < length; ) {
            int size = Math.min(length - at, 77_777);
            client.send(Integer.toHexString(size) + "\r\n").send(java.util.Arrays.copyOfRange(value, at, at + size));
            client.send("\r\n");
            at += size;
        }
        client.send("0\r\n\r\n");
        assertThat(client.answer().status()).isEqualTo(200);
        assertThat(get("/read?key=chunked").body()).isEqualTo(value);
    }

    @Test
    void aMissingKeyIs404() throws IOException {
        assertProblem(get("/read?key=missing"), 404, "key-not-found");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /read, missing-parameter",
        "GET, /read?key=, empty-parameter",
        "GET, /read?key, empty-parameter",
        "GET, /read?key=a&key=b, repeated-parameter",
        "GET, /read?key=%4, malformed-parameter",
        "GET, /read?key=a&timeout=5, malformed-parameter",
        "PUT, /put, missing-parameter",
        "PUT, /put?key=, empty-parameter",
        "PUT, /put?key=a&key=a, repeated-parameter",
        "DELETE, /delete, missing-parameter",
        "DELETE, /delete?key=, empty-parameter",
        "DELETE, /delete?key=a&key=b, repeated-parameter",
        "GET, /range, missing-parameter",
        "GET, /range?start=a, missing-parameter",
        "GET, /range?end=a, missing-parameter",
        "GET, /range?start=&end=b, empty-parameter",
        "GET, /range?start=a&end=, empty-parameter",
        "GET, /range?start=a&end=b&end=c, repeated-parameter",
        "GET, /range?start=a&end=b&limit=0, malformed-parameter",
        "GET, /range?start=a&end=b&limit=x, malformed-parameter",
        "GET, /range?start=a&end=b&after=, empty-parameter"
    })
    void badParametersAre400AndTheConnectionStays(String method, String target, String code) throws IOException {
        assertProblem(client.exchange(head(method + " " + target)), 400, code);
        assertProblem(client.exchange(head(method + " " + target, "Content-Length: 4\r\n") + "body"), 400, code);
        assertThat(get("/livez").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /put?key=a, PUT",
        "POST, /put?key=a, PUT",
        "PUT, /read?key=a, 'GET, HEAD'",
        "OPTIONS, /read?key=a, 'GET, HEAD'",
        "POST, /range?start=a&end=b, GET",
        "HEAD, /range?start=a&end=b, GET",
        "GET, /batchput, POST",
        "PUT, /batchput, POST",
        "GET, /delete?key=a, DELETE",
        "POST, /delete?key=a, DELETE",
        "BREW, /livez, 'GET, HEAD'"
    })
    void anotherMethodIs405WithAllow(String method, String target, String allow) throws IOException {
        client.send(head(method + " " + target));
        Answer answer = method.equals("HEAD") ? client.answerWithoutBody() : client.answer();
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("allow")).isEqualTo(allow);
        assertThat(get("/livez").status()).isEqualTo(200);
    }

    @Test
    void anUnknownPathIs404WithAnotherCode() throws IOException {
        assertProblem(get("/Read?key=a"), 404, "no-such-route");
        assertProblem(client.exchange("CONNECT host:443 HTTP/1.1\r\nHost: h\r\n\r\n"), 404, "no-such-route");
        assertProblem(client.exchange("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), 404, "no-such-route");
    }

    @Test
    void aHeadRequestTellsTheLengthOnly() throws IOException {
        client.exchange(put("head", "12345"));
        Answer answer = client.send(head("HEAD /read?key=head")).answerWithoutBody();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("content-length")).isEqualTo("5");
        assertThat(client.send(head("HEAD /read?key=none")).answerWithoutBody().status())
                .isEqualTo(404);
        assertThat(get("/read?key=head").text()).isEqualTo("12345");
    }

    @Test
    void aValueIsJsonIfJsonIsWanted() throws IOException {
        client.exchange(put("json", "a\"\n"));
        client.exchange(put("json64", "\u00ff"));
        String accept = "Accept: application/json\r\n";
        Answer text = client.exchange(head("GET /read?key=json", accept));
        assertThat(text.text()).isEqualTo("{\"value\":\"a\\\"\\n\"}");
        assertThat(text.header("content-type")).isEqualTo("application/json");
        assertThat(client.exchange(head("GET /read?key=json64", accept)).text()).isEqualTo("{\"value64\":\"/w==\"}");
        assertProblem(client.exchange(head("GET /read?key=none", accept)), 404, "key-not-found");
    }

    // ---- /delete ----

    @Test
    void whatIsDeletedIsGoneAndCannotBeDeletedAgain() throws IOException {
        client.exchange(put("gone", "x"));
        assertThat(client.exchange(head("DELETE /delete?key=gone")).status()).isEqualTo(200);
        assertThat(get("/read?key=gone").status()).isEqualTo(404);
        assertProblem(client.exchange(head("DELETE /delete?key=gone")), 500, "key-not-found");
        assertProblem(client.exchange(head("DELETE /delete?key=never")), 500, "key-not-found");
    }

    // ---- /range ----

    @Test
    void aRangeIsInclusiveAndAscendingByBytes() throws IOException {
        for (String key : new String[] {"r1", "r10", "r2", "r%7f", "r%80", "r%ff"}) {
            client.exchange(put(key, "v" + key.length()));
        }
        assertThat(get("/range?start=r1&end=r2").text())
                .isEqualTo("[{\"key\":\"r1\",\"value\":\"v2\"},{\"key\":\"r10\",\"value\":\"v3\"},"
                        + "{\"key\":\"r2\",\"value\":\"v2\"}]");
        assertThat(get("/range?start=r%7f&end=r%ff").text())
                .isEqualTo("[{\"key\":\"r\u007f\",\"value\":\"v4\"},{\"key64\":\"coA=\",\"value\":\"v4\"},"
                        + "{\"key64\":\"cv8=\",\"value\":\"v4\"}]");
        assertThat(get("/range?start=r10&end=r10").text()).isEqualTo("[{\"key\":\"r10\",\"value\":\"v3\"}]");
    }

    @Test
    void aRangeWithoutKeysIsAnEmptyArray() throws IOException {
        Answer answer = get("/range?start=nothing&end=nothinh");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("[]");
        assertThat(answer.header("content-type")).isEqualTo("application/json");
        assertThat(answer.header("varve-revision")).isNotEmpty();
        assertThat(get("/range?start=z&end=a").text()).isEqualTo("[]");
    }

    @Test
    void aRangeIsPagedByLimitAndAfter() throws IOException {
        for (int i = 0; i < 5; i++) {
            client.exchange(put("page" + i, ""));
        }
        assertThat(get("/range?start=page&end=page9&limit=2").text())
                .isEqualTo("[{\"key\":\"page0\",\"value\":\"\"},{\"key\":\"page1\",\"value\":\"\"}]");
        assertThat(get("/range?start=page&end=page9&limit=2&after=page1").text())
                .isEqualTo("[{\"key\":\"page2\",\"value\":\"\"},{\"key\":\"page3\",\"value\":\"\"}]");
        assertThat(get("/range?start=page&end=page9&limit=2&after=page3").text())
                .isEqualTo("[{\"key\":\"page4\",\"value\":\"\"}]");
        assertThat(get("/range?start=page&end=page9&after=page4").text()).isEqualTo("[]");
        assertThat(get("/range?start=page3&end=page3&after=page0").text())
                .isEqualTo("[{\"key\":\"page3\",\"value\":\"\"}]");
    }

    @Test
    void aLongRangeIsChunked() throws IOException {
        String value = "x".repeat(1000);
        StringBuilder expected = new StringBuilder();
        StringBuilder batch = new StringBuilder();
        for (int i = 1000; i < 2000; i++) {
            batch.append(i == 1000 ? "{" : ",").append("\"long" + i + "\":\"" + value + "\"");
            expected.append(i == 1000 ? "[" : ",").append("{\"key\":\"long" + i + "\",\"value\":\"" + value + "\"}");
        }
        assertThat(batchPut(batch.append('}').toString()).status()).isEqualTo(200);
        Answer answer = get("/range?start=long&end=long9");
        assertThat(answer.header("transfer-encoding")).isEqualTo("chunked");
        assertThat(answer.text()).isEqualTo(expected.append(']').toString());
        assertThat(get("/livez").status()).as("the connection stays").isEqualTo(200);
        try (RawClient old = new RawClient(server.httpAddress())) {
            Answer whole = old.exchange("GET /range?start=long&end=long9 HTTP/1.0\r\n\r\n");
            assertThat(whole.headers()).doesNotContainKey("transfer-encoding").containsEntry("connection", "close");
            assertThat(whole.text()).isEqualTo(expected.toString());
        }
    }

    // ---- /batchput ----

    private Answer batchPut(String json) throws IOException {
        byte[] body = json.getBytes(UTF_8);
        return client.send(head("POST /batchput", "Content-Length: " + body.length + "\r\n"))
                .send(body)
                .answer();
    }

    @Test
    void aBatchIsStoredUnderOneRevision() throws IOException {
        long before = server.store().revision();
        Answer answer = batchPut("{\"b1\":\"ä\",\"b\\u00e4\":\"\",\"b3\":\"\\ud83d\\ude00\"}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(server.store().revision()).isEqualTo(before + 1);
        assertThat(answer.header("varve-revision")).endsWith("-" + (before + 1));
        assertThat(new String(get("/read?key=b1").body(), UTF_8)).isEqualTo("ä");
        assertThat(get("/read?key=b%c3%a4").body()).isEmpty();
        assertThat(new String(get("/read?key=b3").body(), UTF_8)).isEqualTo("😀");
    }

    @Test
    void anEmptyBatchStoresNothing() throws IOException {
        long before = server.store().revision();
        assertThat(batchPut("{}").status()).isEqualTo(200);
        assertThat(server.store().revision()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{\"x1\":\"1\",\"x2\":2}",
                "{\"x1\":\"1\",\"x1\":\"1\"}",
                "{\"x1\":\"1\",\"\":\"1\"}",
                "{\"x1\":\"1\",\"x2\":\"\\ud800\"}",
                "{\"x1\":\"1\"",
                "{\"x1\":\"1\"}{}"
            })
    void aBadBatchIs400AndNothingIsStored(String json) throws IOException {
        long before = server.store().revision();
        assertProblem(batchPut(json), 400, "malformed-body");
        assertThat(server.store().revision()).isEqualTo(before);
        assertThat(get("/read?key=x1").status()).isEqualTo(404);
    }

    @Test
    void aLargeBatchIsStoredWhole() throws IOException {
        StringBuilder json = new StringBuilder("{");
        for (int i = 0; i < 20_000; i++) {
            json.append(i == 0 ? "" : ",")
                    .append("\"large")
                    .append(i)
                    .append("\":\"")
                    .append(i)
                    .append('"');
        }
        assertThat(batchPut(json.append('}').toString()).status()).isEqualTo(200);
        assertThat(get("/read?key=large19999").text()).isEqualTo("19999");
        json.setCharAt(json.length() - 1, ',');
        assertProblem(batchPut(json.append("\"large0\":\"\"}").toString()), 400, "malformed-body");
    }

    // ---- Limits ----

    @Test
    void aValueBeyondTheLimitIs413BeforeItIsSent() throws IOException {
        Answer answer = client.exchange(
                head("PUT /put?key=big", "Content-Length: " + 9 * MIB + "\r\n", "Expect: 100-continue\r\n"));
        assertProblem(answer, 413, "value-too-large");
        assertThat(answer.text()).contains("" + 9 * MIB, "" + 8 * MIB, "--max-value-bytes");
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void aClientThatSendsItAllTheSameReadsThe413() throws IOException {
        client.send(head("PUT /put?key=big", "Content-Length: " + 9 * MIB + "\r\n"))
                .send(new byte[9 * MIB]);
        assertProblem(client.answer(), 413, "value-too-large");
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void aChunkedValueBeyondTheLimitIs413() throws IOException {
        client.send(head("PUT /put?key=big", "Transfer-Encoding: chunked\r\n"))
                .send("900000\r\n")
                .send(new byte[9 * MIB]);
        assertProblem(client.answer(), 413, "value-too-large");
        assertThat(get0("/read?key=big")).isEqualTo(404);
    }

    private int get0(String target) throws IOException {
        try (RawClient other = new RawClient(server.httpAddress())) {
            return other.exchange(head("GET " + target)).status();
        }
    }

    @Test
    void aKeyBeyondTheLimitIs413() throws IOException {
        assertThat(client.exchange(put("k".repeat(4096), "v")).status()).isEqualTo(200);
        Answer answer = client.exchange(put("k".repeat(4097), "v"));
        assertProblem(answer, 413, "key-too-large");
        assertThat(answer.text()).contains("4097", "4096", "--max-key-bytes");
        assertProblem(batchPut("{\"" + "k".repeat(4097) + "\":\"\"}"), 413, "key-too-large");
    }

    @Test
    void aBatchBeyondTheLimitIs413() throws IOException {
        String value = "v".repeat(3 * MIB);
        assertProblem(
                batchPut("{\"t1\":\"" + value + "\",\"t2\":\"" + value + "\",\"t3\":\"" + value + "\"}"),
                413,
                "batch-too-large");
        // Many small changes, whose keys and values alone are below the limit.
        StringBuilder many = new StringBuilder("{");
        for (int i = 0; i < 500_000; i++) {
            many.append(i == 0 ? "" : ",").append("\"").append(i).append("\":\"\"");
        }
        assertProblem(batchPut(many.append("}").toString()), 413, "batch-too-large");
        assertProblem(
                client.exchange(head("POST /batchput", "Content-Length: " + 17 * MIB + "\r\n")),
                413,
                "batch-too-large");
        assertThat(get0("/read?key=t1")).isEqualTo(404);
    }

    @Test
    void aLongRequestLineIs414AndALargeHeaderSection431() throws IOException {
        assertProblem(get("/read?key=" + "k".repeat(50_000)), 414, "uri-too-long");
        assertThat(client.isClosed()).isTrue();
        try (RawClient other = new RawClient(server.httpAddress())) {
            assertProblem(
                    other.exchange(head("GET /livez", "X: " + "x".repeat(100_000) + "\r\n")), 431, "headers-too-large");
        }
    }

    @Test
    void aUselessBodyIsThrownAway() throws IOException {
        client.exchange(put("useless", "v"));
        assertThat(client.exchange(head("GET /read?key=useless", "Content-Length: 4\r\n") + "body")
                        .text())
                .isEqualTo("v");
        assertThat(client.exchange(head("DELETE /delete?key=useless", "Transfer-Encoding: chunked\r\n")
                                + "1\r\nx\r\n0\r\n\r\n")
                        .status())
                .isEqualTo(200);
    }

    // ---- Health and metrics ----

    @Test
    void healthIsTold() throws IOException {
        assertThat(get("/livez").text()).isEqualTo("ok\n");
        assertThat(get("/readyz").text()).isEqualTo("ready\n");
        assertThat(get("/").text()).contains("/put?key=");
    }

    @Test
    void damageIsToldAndTheFilesAreReadWhenSomebodyAsks() throws IOException {
        Answer asked = client.exchange(head("POST /v1/admin/scrub", "Content-Length: 0\r\n"));
        assertThat(asked.status()).isEqualTo(200);
        assertThat(asked.text()).startsWith("{\"running\":true,");
        Answer answer = get("/v1/admin/damage");
        while (answer.text().startsWith("{\"running\":true,")) {
            answer = get("/v1/admin/damage");
        }
        assertThat(answer.header("content-type")).isEqualTo("application/json");
        assertThat(answer.text())
                .matches("\\{\"running\":false,\"passes\":1,\"files\":[1-9]\\d*,\"bytes\":[1-9]\\d*,\"found\":0,"
                        + "\"repaired\":0,\"damages\":\\[]}\\n");
        assertThat(get("/v1/admin/scrub").status()).isEqualTo(405);
        assertThat(get("/metrics").text())
                .containsPattern("varve_scrubs_total 1")
                .containsPattern("varve_damaged_places 0");
    }

    @Test
    void metricsCountOperationsByOutcome() throws IOException {
        client.exchange(put("metrics", "v"));
        get("/read?key=metrics");
        get("/read?key=metrics-none");
        get("/range?start=metrics&end=metrics");
        Answer answer = get("/metrics");
        assertThat(answer.header("content-type")).startsWith("text/plain; version=0.0.4");
        assertThat(answer.text())
                .containsPattern("varve_requests_total\\{operation=\"put\",outcome=\"ok\"} [1-9]")
                .containsPattern("varve_requests_total\\{operation=\"read\",outcome=\"key-not-found\"} [1-9]")
                .containsPattern("varve_requests_total\\{operation=\"range\",outcome=\"ok\"} [1-9]")
                .containsPattern("varve_request_duration_seconds_bucket\\{operation=\"put\",le=\"\\+Inf\"} [1-9]")
                .containsPattern("varve_log_sync_duration_seconds_count [1-9]")
                .containsPattern("varve_log_sync_writes_sum [1-9]")
                .containsPattern("varve_revision [1-9]")
                .containsPattern("varve_log_bytes [1-9]")
                .containsPattern("varve_connections [1-9]")
                .containsPattern("jvm_memory_used_bytes\\{area=\"heap\"} [1-9]");
        Answer open = client.exchange(head("GET /metrics", "Accept: application/openmetrics-text;version=1.0.0\r\n"));
        assertThat(open.header("content-type")).startsWith("application/openmetrics-text");
        assertThat(open.text()).endsWith("# EOF\n");
    }
}
