package dev.varve.architecture;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The rules, by name. Each one is checked against the real classes, and against classes that break it. */
final class Rules {
    /** Each module with the modules of this project that it may use. */
    private static final Map<String, List<String>> MODULES = Map.of(
            "storage", List.of(),
            "protocol", List.of(),
            "replication", List.of("storage"),
            "server", List.of("replication", "protocol", "storage"),
            "client", List.of("protocol"),
            "cli", List.of("server", "client", "storage"),
            "testkit", List.of("storage"),
            "bench", List.of("cli", "client", "storage"),
            "examples", List.of("storage"));

    /** The packages of storage; each may use those before it. The last one is the door, {@code dev.varve.storage}. */
    private static final List<String> STORAGE_LAYERS =
            List.of("io", "format", "log", "index", "checkpoint", "compaction", "state", "");

    /** The adapter between the engine and the machine. */
    private static final String ADAPTER = "dev.varve.storage.io..";

    private Rules() {}

    static Map<String, ArchRule> all() {
        Map<String, ArchRule> rules = new LinkedHashMap<>();
        MODULES.forEach((module, uses) -> rules.put("uses of " + module, moduleUses(module, uses)));
        for (int layer = 0; layer < STORAGE_LAYERS.size() - 1; layer++) {
            rules.put("layer " + STORAGE_LAYERS.get(layer), storageLayer(layer));
        }
        rules.put("consensus engine", consensusEngine());
        rules.put("sockets", sockets());
        rules.put("clock", clock());
        rules.put("files", files());
        rules.put("threads", threads());
        rules.put("randomness", randomness());
        rules.put("console", console());
        rules.put("unsafe", unsafe());
        return rules;
    }

    private static ArchRule moduleUses(String module, List<String> uses) {
        List<String> allowed = new ArrayList<>(List.of(packagesOf(module)));
        uses.forEach(used -> allowed.add(packagesOf(used)));
        return noClasses()
                .that()
                .resideInAPackage(packagesOf(module))
                .should()
                .dependOnClassesThat(
                        resideInAPackage("dev.varve..").and(resideOutsideOfPackages(allowed.toArray(String[]::new))))
                .because("module %s may use only %s".formatted(module, uses))
                .allowEmptyShould(true);
    }

    private static ArchRule storageLayer(int layer) {
        String[] above = STORAGE_LAYERS.subList(layer + 1, STORAGE_LAYERS.size()).stream()
                .map(name -> name.isEmpty() ? "dev.varve.storage" : storagePackage(name))
                .toArray(String[]::new);
        return noClasses()
                .that()
                .resideInAPackage(storagePackage(STORAGE_LAYERS.get(layer)))
                .should()
                .dependOnClassesThat(resideInAnyPackage(above))
                .because("dependencies inside storage point one way: io <- format <- log <- ... <- storage")
                .allowEmptyShould(true);
    }

    private static ArchRule consensusEngine() {
        return noClasses()
                .that()
                .resideOutsideOfPackage("dev.varve.replication..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.alipay..")
                .because("only replication knows the consensus engine, so that it can be replaced");
    }

    private static ArchRule sockets() {
        return noClasses()
                .that()
                .resideInAnyPackage("dev.varve.storage..", "dev.varve.protocol..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..", "java.net..", "java.net.http..")
                .because("the engine and the codecs know no network");
    }

    private static ArchRule clock() {
        return banned(
                calls("java.lang.System", "nanoTime|currentTimeMillis")
                        .or(calls("java.time.(Instant|.*Date|.*Time)", "now"))
                        .or(calls("java.time.(Clock|InstantSource)", "system.*")),
                "time comes in through dev.varve.storage.io.Ticker",
                ADAPTER,
                "dev.varve.bench..",
                "dev.varve.client..");
    }

    private static ArchRule files() {
        return banned(
                calls("java.nio.file.Files", ".*")
                        .or(calls("java.nio.channels.(Asynchronous)?FileChannel", "open"))
                        .or(calls("java.io.(File(In|Out)putStream|File(Reader|Writer)|RandomAccessFile)", "<init>")),
                "the engine reaches files only through dev.varve.storage.io.FileSystem, which tests replace",
                ADAPTER,
                "dev.varve.bench..",
                "dev.varve.cli..",
                "dev.varve.client..",
                "dev.varve.examples..",
                "dev.varve.testkit..");
    }

    private static ArchRule threads() {
        return banned(
                calls("java.lang.Thread", "<init>|ofPlatform|ofVirtual|startVirtualThread")
                        .or(calls("java.util.concurrent.Executors", "new.*"))
                        .or(calls("java.util.concurrent.(ThreadPoolExecutor|ForkJoinPool)", "<init>|commonPool")),
                "threads are started at the edge; the engine's come from dev.varve.storage.io.OwnedThread",
                ADAPTER,
                "dev.varve.server",
                "dev.varve.bench..",
                "dev.varve.cli..",
                "dev.varve.client..",
                "dev.varve.testkit..");
    }

    private static ArchRule randomness() {
        return banned(
                calls("java.lang.(Strict)?Math", "random")
                        .or(calls("java.util.concurrent.ThreadLocalRandom", "current"))
                        .or(calls("java.util.UUID", "randomUUID"))
                        .or(calls("java.util.random.RandomGenerator", "getDefault|of"))
                        .or(calls("java.security.SecureRandom", "<init>|getInstance.*")),
                "randomness comes in by constructor, so that a seed repeats a run",
                ADAPTER,
                "dev.varve.bench..",
                "dev.varve.client..");
    }

    private static ArchRule console() {
        return banned(
                calls("java.lang.System", "out|err|in").or(calls("java.lang.Throwable", "printStackTrace")),
                "only the command line speaks to the terminal; everything else logs",
                "dev.varve.bench..",
                "dev.varve.cli..",
                "dev.varve.examples..");
    }

    private static ArchRule unsafe() {
        return noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("sun..", "jdk.internal..")
                .because("the foreign memory API does it, and is checked");
    }

    private static ArchRule banned(DescribedPredicate<JavaAccess<?>> access, String reason, String... allowedPackages) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(allowedPackages)
                .should()
                .accessTargetWhere(access)
                .because(reason);
    }

    /** An access to a member of these names, of classes of these names; both are regular expressions. */
    private static DescribedPredicate<JavaAccess<?>> calls(String owner, String member) {
        DescribedPredicate<HasName> memberName = nameMatching(member);
        return target(owner(nameMatching(owner)))
                .and(target(memberName))
                .forSubtype()
                .as("%s.%s", owner, member);
    }

    private static String packagesOf(String module) {
        return "dev.varve." + module + "..";
    }

    private static String storagePackage(String name) {
        return "dev.varve.storage." + name + "..";
    }
}
