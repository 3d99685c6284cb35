#!/bin/sh
# Creates Bellwether's topics, or brings the settings of those that exist up to date; safe to run again.
#
#   KAFKA_BIN=/opt/kafka/bin BROKERS=localhost:9092 PARTITIONS=6 REPLICATION=3 [COMMAND_CONFIG=client.properties] topics.sh
#
# `ingest` creates missing dead-letter topics by itself where it may; run this where it may not, or to mend old ones.
# Partitions only ever grow by hand: a key's events stay in order only while their number stays.
set -eu

bin=${KAFKA_BIN:-/opt/kafka/bin}
brokers=${BROKERS:-localhost:9092}
partitions=${PARTITIONS:-6}
replication=${REPLICATION:-1}
config=${COMMAND_CONFIG:+--command-config $COMMAND_CONFIG}

day=86400000
# A source topic takes records of 1 MiB (Kafka's default limit); its dead letters add headers, so 64 KiB more.
source_bytes=1048588
dead_bytes=$((source_bytes + 65536))

# topic NAME PARTITIONS KEY=VALUE,KEY=VALUE...
topic() {
    # shellcheck disable=SC2086 # $config is empty or two words
    "$bin/kafka-topics.sh" --bootstrap-server "$brokers" $config --create --if-not-exists \
        --topic "$1" --partitions "$2" --replication-factor "$replication"
    # shellcheck disable=SC2086
    "$bin/kafka-configs.sh" --bootstrap-server "$brokers" $config --alter \
        --entity-type topics --entity-name "$1" --add-config "$3"
}

# The lake is where events are kept; Kafka keeps them long enough to repair a mistake.
for stream in calendar-audits pulse-surveys pulse-responses training-events outcomes team-meetings remedies \
    internal-audits pilots headcounts; do
    topic "bellwether.$stream" "$partitions" \
        "cleanup.policy=delete,retention.ms=$((30 * day)),max.message.bytes=$source_bytes"
done

# Reference data: the last record of every key is kept for ever, a null payload deletes. Deletions are kept for as long as
# dead letters: one that was overtaken by a deletion is not replayed.
for stream in sites leaders; do
    topic "bellwether.$stream" 1 \
        "cleanup.policy=compact,delete.retention.ms=$((14 * day)),max.message.bytes=$source_bytes"
done

# Refused records as they came. They may hold names: two weeks, and read access for few.
for stream in calendar-audits pulse-surveys pulse-responses training-events outcomes team-meetings remedies \
    internal-audits pilots headcounts sites leaders; do
    topic "bellwether.$stream.dead-letters" 1 \
        "cleanup.policy=delete,retention.ms=$((14 * day)),max.message.bytes=$dead_bytes"
done
