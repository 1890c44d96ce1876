#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

#include "ledger.h"

namespace {

template <typename Bytes>
std::uint32_t sum_of(const Bytes &transfer) {
  return checksum(&transfer, offsetof(Bytes, sum));
}

bool is_empty(const struct transfer &t) { return t.amount == 0 && t.from == 0 && t.to == 0 && t.sum == 0; }

}  // namespace

void history_append(struct ledger *ledger, const struct transfer *transfer) {
  struct transfer summed = *transfer;
  summed.sum = sum_of(summed);
  ledger->history[ledger->transfers] = summed;
}

const char *history_problem(const struct ledger *ledger) {
  const std::vector<struct transfer> all(std::begin(ledger->history), std::end(ledger->history));
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(ledger->transfers);
  if (!std::all_of(all.begin(), end, [](const auto &t) { return t.sum == sum_of(t); }))
    return "a transfer's checksum is wrong";
  if (!std::all_of(end, all.end(), is_empty)) return "a transfer is in the history that was never made";
  std::array<std::int64_t, ledger_accounts> balances;
  balances.fill(1000);
  for (auto t = all.begin(); t != end; ++t) {
    balances[t->from] -= static_cast<std::int64_t>(t->amount);
    balances[t->to] += static_cast<std::int64_t>(t->amount);
  }
  for (std::size_t i = 0; i < balances.size(); ++i)
    if (balances[i] != ledger->accounts[i].balance) return "an account does not follow from its history";
  return nullptr;
}
