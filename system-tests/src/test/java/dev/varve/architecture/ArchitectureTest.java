package dev.varve.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.varve.storage.format.offences.Offences;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArchitectureTest {
    private static final Map<String, ArchRule> RULES = Rules.all();
    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.varve");
    private static final JavaClasses OFFENCES = new ClassFileImporter().importPackagesOf(Offences.class);

    static Stream<String> rules() {
        return RULES.keySet().stream();
    }

    @Test
    void everyModuleIsSeen() {
        assertThat(PRODUCT)
                .extracting(ArchitectureTest::module)
                .contains("storage", "protocol", "replication", "server", "client", "cli", "testkit");
    }

    @ParameterizedTest
    @MethodSource("rules")
    void theProductKeepsTheRule(String name) {
        rule(name).check(PRODUCT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "uses of storage",
                "layer format",
                "consensus engine",
                "sockets",
                "clock",
                "files",
                "threads",
                "randomness",
                "console"
            })
    void aClassThatBreaksTheRuleIsFound(String name) {
        assertThat(rule(name).evaluate(OFFENCES).hasViolation()).as(name).isTrue();
    }

    private static ArchRule rule(String name) {
        return Objects.requireNonNull(RULES.get(name), name);
    }

    private static String module(JavaClass type) {
        String below = type.getPackageName().substring("dev.varve.".length());
        int dot = below.indexOf('.');
        return dot < 0 ? below : below.substring(0, dot);
    }
}
