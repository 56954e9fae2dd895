package dev.varve.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryParametersTest {

    private static ErrorCode refusal(ThrowingCallable call) {
        ProblemException refusal = catchThrowableOfType(ProblemException.class, call);
        assertThat(refusal).isNotNull();
        return refusal.problem().code();
    }

    private static byte[] key(String query) {
        return QueryParameters.parse(query).required("key");
    }

    @Test
    void escapesBecomeBytesAndPlusBecomesASpace() {
        assertThat(key("key=a%20b+c%2B%00%fF")).isEqualTo(new byte[] {'a', ' ', 'b', ' ', 'c', '+', 0, (byte) 0xff});
    }

    @Test
    void whatIsNotEscapedStandsForItself() {
        assertThat(key("key=a=b?c/d;e:\u00e4"))
                .isEqualTo(new byte[] {'a', '=', 'b', '?', 'c', '/', 'd', ';', 'e', ':', (byte) 0xe4});
    }

    @Test
    void namesAreDecodedToo() {
        assertThat(key("k%65y=a")).isEqualTo(new byte[] {'a'});
    }

    @Test
    void aParameterMustBeGivenOnceAndNotBeEmpty() {
        assertThat(refusal(() -> key(""))).isEqualTo(ErrorCode.MISSING_PARAMETER);
        assertThat(refusal(() -> key("KEY=a"))).isEqualTo(ErrorCode.MISSING_PARAMETER);
        assertThat(refusal(() -> key("key"))).isEqualTo(ErrorCode.EMPTY_PARAMETER);
        assertThat(refusal(() -> key("key="))).isEqualTo(ErrorCode.EMPTY_PARAMETER);
        assertThat(refusal(() -> key("key=&x=1"))).isEqualTo(ErrorCode.EMPTY_PARAMETER);
        assertThat(refusal(() -> key("key=a&key=a"))).isEqualTo(ErrorCode.REPEATED_PARAMETER);
        assertThat(refusal(() -> key("key=a&key="))).isEqualTo(ErrorCode.REPEATED_PARAMETER);
    }

    @Test
    void othersAreIgnoredAndMayBeRepeated() {
        assertThat(key("&&x=1&x=2&key=a&y&")).isEqualTo(new byte[] {'a'});
        assertThat(QueryParameters.parse("x=1").optional("after")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"key=%", "key=%4", "key=%4&x=1", "key=%zz", "key=%+1", "key=a&other=%g0", "%=1"})
    void aMalformedEscapeAnywhereIsRefused(String query) {
        assertThat(refusal(() -> QueryParameters.parse(query))).isEqualTo(ErrorCode.MALFORMED_PARAMETER);
    }

    @Test
    void timeoutsHaveAUnit() {
        assertThat(ParameterText.timeout("timeout", "500ms")).isEqualTo(Duration.ofMillis(500));
        assertThat(ParameterText.timeout("timeout", "10s")).isEqualTo(Duration.ofSeconds(10));
        assertThat(ParameterText.timeout("timeout", "10m")).isEqualTo(Duration.ofMinutes(10));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "s", "10", "0s", "-1s", "1.5s", "1h", "11m", "601s", "10 s", "99999999999999999999s", "ms1"})
    void otherTimeoutsAreRefused(String text) {
        assertThat(refusal(() -> ParameterText.timeout("timeout", text))).isEqualTo(ErrorCode.MALFORMED_PARAMETER);
    }

    @Test
    void countsAreWholeNumbersFromOne() {
        assertThat(ParameterText.count("limit", "1")).isEqualTo(1);
        assertThat(ParameterText.count("limit", "999999999999999999")).isEqualTo(999999999999999999L);
        for (String text : new String[] {"", "0", "-1", "1x", "1000000000000000000", "+1"}) {
            assertThat(refusal(() -> ParameterText.count("limit", text))).isEqualTo(ErrorCode.MALFORMED_PARAMETER);
        }
    }
}
