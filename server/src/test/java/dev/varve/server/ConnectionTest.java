package dev.varve.server;

import static dev.varve.server.RawClient.head;
import static dev.varve.server.RawClient.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.RawClient.Answer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How connections are kept, pipelined and closed, and that no request can be smuggled in. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConnectionTest {

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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nX: a\nContent-Length: 5\r\n\r\nhello",
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nX: a\rContent-Length: 5\r\n\r\nhello",
                "PUT /put?key=smuggled HTTP/1.1\nHost: h\nContent-Length: 5\n\nhello",
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n100000005\r\nhello\r\n0\r\n\r\n",
                "PUT /put?key=smuggled HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
                "PUT /put?key=smuggled HTTP/1.1\r\nHost: h\r\nHost: g\r\nContent-Length: 5\r\n\r\nhello",
                "PUT /put?key=smuggled HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "PUT /put?key=smuggled HTTP/1.0\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"
            })
    void anAmbiguousRequestIs400AndNothingBehindItIsRead(String request) throws IOException {
        Answer answer = client.exchange(request + put("behind", "x"));
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.header("connection")).isEqualTo("close");
        assertThat(answer.text()).contains("\"code\":\"malformed-request\"");
        assertThat(client.isClosed()).isTrue();
        assertThat(server.store().get("smuggled".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .isNull();
        assertThat(server.store().get("behind".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .isNull();
    }

    @Test
    void aFoldedHeaderLineIsOneLine() throws IOException {
        client.send("PUT /put?key=folded HTTP/1.1\r\nHost: h\r\nX: a\r\n Content-Length: 5\r\n\r\n"
                + head("GET /read?key=folded"));
        assertThat(client.answer().status()).isEqualTo(200);
        assertThat(client.answer().body()).isEmpty();
    }

    @Test
    void aGetWithTheKeysOfAnOldWebSocketHasNoBody() throws IOException {
        client.send(head("GET /livez", "Sec-WebSocket-Key1: a\r\n", "Sec-WebSocket-Key2: b\r\n") + head("GET /readyz"));
        assertThat(client.answer().text()).isEqualTo("ok\n");
        assertThat(client.answer().text()).isEqualTo("ready\n");
    }

    @Test
    void theBodyOfAPutIsNeverTakenForARequest() throws IOException {
        String inner = put("inner", "x");
        assertThat(client.exchange(put("outer", inner)).status()).isEqualTo(200);
        assertThat(client.exchange(head("GET /read?key=inner")).status()).isEqualTo(404);
        assertThat(client.exchange(head("GET /read?key=outer")).text()).isEqualTo(inner);
    }

    @Test
    void aThousandPipelinedRequestsAreAnsweredInOrder() throws IOException {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            switch (i % 4) {
                case 0 -> requests.append(put("pipe", "value" + i));
                case 1 -> requests.append(head("GET /read?key=pipe"));
                case 2 -> requests.append(head("GET /range?start=pipe&end=pipe"));
                default -> requests.append(head("GET /read?key=none" + i));
            }
        }
        client.send(requests.toString());
        for (int i = 0; i < 1000; i++) {
            Answer answer = client.answer();
            String last = "value" + (i - i % 4);
            assertThat(answer.status()).as("answer %d", i).isEqualTo(i % 4 == 3 ? 404 : 200);
            if (i % 4 == 1) {
                assertThat(answer.text()).isEqualTo(last);
            } else if (i % 4 == 2) {
                assertThat(answer.text()).isEqualTo("[{\"key\":\"pipe\",\"value\":\"" + last + "\"}]");
            }
        }
    }

    @Test
    void pipelinedWritesTakeEffectInTheirOrder() throws IOException {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            requests.append(put("order", "" + i)).append(head("DELETE /delete?key=order"));
        }
        client.send(requests.toString());
        for (int i = 0; i < 600; i++) {
            assertThat(client.answer().status()).as("answer %d", i).isEqualTo(200);
        }
        assertThat(client.exchange(head("GET /read?key=order")).status()).isEqualTo(404);
    }

    @Test
    void aRequestMayArriveByteByByte() throws IOException {
        String request =
                head("PUT /put?key=slow", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        for (int i = 0; i < request.length(); i++) {
            client.send(request.substring(i, i + 1));
        }
        assertThat(client.answer().status()).isEqualTo(200);
        assertThat(client.exchange(head("GET /read?key=slow")).text()).isEqualTo("abcde");
    }

    @Test
    void aClientThatExpects100ContinueIsToldToGoOn() throws IOException {
        client.send(head("PUT /put?key=expect", "Content-Length: 2\r\n", "Expect: 100-continue\r\n"));
        assertThat(client.answer().status()).isEqualTo(100);
        assertThat(client.exchange("ok").status()).isEqualTo(200);
        assertThat(client.exchange(head("GET /read?key=expect")).text()).isEqualTo("ok");
    }

    @Test
    void aClientThatExpects100ContinueIsRefusedBeforeItSends() throws IOException {
        Answer answer = client.exchange(head("PUT /put?key=", "Content-Length: 2\r\n", "Expect: 100-continue\r\n"));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.header("connection")).isEqualTo("close");
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void the100ContinueComesBehindEarlierAnswers() throws IOException {
        client.send(
                put("first", "1") + head("PUT /put?key=second", "Content-Length: 1\r\n", "Expect: 100-continue\r\n"));
        assertThat(client.answer().status()).isEqualTo(200);
        assertThat(client.answer().status()).isEqualTo(100);
        assertThat(client.exchange("2").status()).isEqualTo(200);
    }

    @Test
    void anotherExpectationIs417() throws IOException {
        assertThat(client.exchange(head("GET /livez", "Expect: miracles\r\n")).status())
                .isEqualTo(417);
    }

    @Test
    void theConnectionIsClosedIfTheClientWantsSo() throws IOException {
        Answer answer = client.exchange(
                head("PUT /put?key=close", "Connection: close\r\n", "Content-Length: 1\r\n") + "x" + put("late", "x"));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("connection")).isEqualTo("close");
        assertThat(client.isClosed()).isTrue();
        assertThat(server.store().get("late".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .isNull();
    }

    @Test
    void http10IsClosedUnlessItAsksToBeKept() throws IOException {
        client.send("GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assertThat(client.answer().header("connection")).isEqualTo("keep-alive");
        assertThat(client.exchange("GET /livez HTTP/1.0\r\n\r\n").header("connection"))
                .isEqualTo("close");
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void anAbsoluteTargetIsUnderstood() throws IOException {
        client.exchange(put("absolute", "v"));
        assertThat(client.exchange(head("GET http://elsewhere:1/read?key=absolute"))
                        .text())
                .isEqualTo("v");
    }

    @Test
    void anotherVersionIs505() throws IOException {
        assertThat(client.exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status()).isEqualTo(505);
    }

    @Test
    void aTransferCodingThatIsNotKnownIs501() throws IOException {
        assertThat(client.exchange(head("PUT /put?key=a", "Transfer-Encoding: gzip, chunked\r\n"))
                        .status())
                .isEqualTo(501);
    }

    @Test
    void aClientThatEndsItsOutputGetsItsAnswers() throws IOException {
        client.send(put("half", "x") + head("GET /read?key=half")).endOutput();
        assertThat(client.answer().status()).isEqualTo(200);
        assertThat(client.answer().text()).isEqualTo("x");
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void requestsThatAreHeldBackAreAnsweredWhenTheClientHasEndedItsOutput() throws IOException {
        client.send(put("held", "x") + head("GET /read?key=held").repeat(3)).endOutput();
        assertThat(client.answer().status()).isEqualTo(200);
        for (int i = 0; i < 3; i++) {
            assertThat(client.answer().text()).as("read %d", i).isEqualTo("x");
        }
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void aHeadThatWillNeverBeWholeIsNotAwaited() throws IOException {
        client.send(put("half", "x") + "GET /read?key=ha").endOutput();
        assertThat(client.answer().status()).isEqualTo(200);
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void aBodyThatWillNeverComeIsNotAwaited() throws IOException {
        client.send(put("first", "1") + head("PUT /put?key=never", "Content-Length: 1\r\n", "Expect: 100-continue\r\n"))
                .endOutput();
        assertThat(client.answer().status()).isEqualTo(200);
        assertThat(client.answer().status()).isEqualTo(100);
        assertThat(client.answer().text()).contains("\"code\":\"body-unreadable\"");
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void aBodyThatEndsTooSoonIs500AndNotStored() throws IOException {
        client.send(head("PUT /put?key=short", "Content-Length: 10\r\n") + "12345")
                .endOutput();
        Answer answer = client.answer();
        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.text()).contains("\"code\":\"body-unreadable\"");
        assertThat(client.isClosed()).isTrue();
        assertThat(server.store().get("short".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .isNull();
    }
}
