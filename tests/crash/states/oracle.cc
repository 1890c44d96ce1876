#include "oracle.h"

namespace states {
namespace {

bool equal(const std::string &expected, const std::vector<u8> &bytes) {
  return expected.size() == bytes.size() && std::memcmp(expected.data(), bytes.data(), bytes.size()) == 0;
}

std::string difference(u64 commit, const std::string &expected, const std::vector<u8> &bytes) {
  std::size_t at = 0;
  while (at < expected.size() && at < bytes.size() && static_cast<u8>(expected[at]) == bytes[at]) ++at;
  return " commit " + std::to_string(commit) + " (" + std::to_string(expected.size()) +
         " bytes; differs from byte " + std::to_string(at) + " on)";
}

}  // namespace

void Oracle::apply(const Event &e) {
  if (e.kind == EventKind::expect) {
    files_[e.name].announced[e.offset] = e.bytes;
    if (e.count != 0) files_[e.name].known = false;
    return;
  }
  if (e.kind != EventKind::begins && e.kind != EventKind::returned) return;
  for (auto &[name, allowed] : files_) {
    if (e.kind == EventKind::begins) {
      if (auto node = allowed.announced.extract(e.offset); !node.empty())
        allowed.running.insert(std::move(node));
      continue;
    }
    const auto at = allowed.running.find(e.offset);
    if (at == allowed.running.end() || e.count != 0) continue;
    allowed.known = true;
    allowed.commit = e.offset;
    allowed.bytes = std::move(at->second);
    allowed.running.clear();
  }
}

u64 Oracle::hash() const {
  u64 hash = 0;
  for (const auto &[name, allowed] : files_) {
    hash = mix_bytes(mix(hash, allowed.known), allowed.bytes.data(), allowed.bytes.size());
    for (const auto &[commit, bytes] : allowed.running)
      hash = mix_bytes(mix(hash, 1), bytes.data(), bytes.size());
  }
  return hash;
}

bool accepts(const Oracle::Allowed &allowed, const std::vector<u8> &bytes) {
  if (!allowed.known || equal(allowed.bytes, bytes)) return true;
  for (const auto &[commit, expected] : allowed.running)
    if (equal(expected, bytes)) return true;
  return false;
}

std::string explain(const Oracle::Allowed &allowed, const std::vector<u8> &bytes) {
  std::string text = "recovered to " + std::to_string(bytes.size()) + " bytes, which is neither" +
                     difference(allowed.commit, allowed.bytes, bytes) + ", which had returned,";
  for (const auto &[commit, expected] : allowed.running)
    text += " nor" + difference(commit, expected, bytes) + ",";
  if (allowed.running.empty()) text += " nor was another running";
  return text;
}

}  // namespace states
