// Recovery where there is nothing to recover.
#include <catch2/catch.hpp>

#include "crash_states.h"
#include "recovery/recovery.h"

using namespace test;

TEST_CASE("recovery: without a log nothing is written, not even a sync asked for") {
  const snapshot::LogView log;
  const snapshot::Findings findings;
  // A descriptor that every call would refuse.
  CHECK(snapshot::apply(log, findings, -1, "data").ok());
}

TEST_CASE("recovery: each verdict has words of its own") {
  using snapshot::Verdict;
  CHECK(std::string(snapshot::verdict_name(Verdict::no_log)) == "no log");
  CHECK(std::string(snapshot::verdict_name(Verdict::retired)) == "closed cleanly");
  CHECK(std::string(snapshot::verdict_name(Verdict::complete)) == "complete");
  CHECK(std::string(snapshot::verdict_name(Verdict::undo)) == "incomplete");
}
