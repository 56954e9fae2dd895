# Sourced by the commands beside it: builds what is missing and becomes the JVM that runs one of them.

# launch NAME CLASS ARGUMENT...: NAME is the command, for what this script has to say.
launch() {
    local name=$1 class=$2 root jdk classpath log
    shift 2
    root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    jdk=$("$root/varve" --find-jdk)
    classpath=$root/bench/target/quick/classpath
    log=$root/bench/target/build.log
    mkdir -p "${log%/*}"
    if ! JAVA_HOME=$jdk mvn --batch-mode --file "$root/pom.xml" -Dquick -pl bench -am package \
        dependency:build-classpath -Dmdep.outputFile=target/quick/classpath </dev/null >"$log" 2>&1; then
        grep -m 5 '^\[ERROR\]' "$log" >&2 || tail -n 5 "$log" >&2
        echo "bench/$name: the build failed. The whole log: $log" >&2
        exit 1
    fi
    exec "$jdk/bin/java" --enable-native-access=ALL-UNNAMED \
        -cp "$(echo "$root"/bench/target/quick/varve-bench-*.jar):$(<"$classpath")" "$class" --root "$root" "$@"
}
