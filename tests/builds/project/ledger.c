#include "ledger.h"

#include <stdio.h>
#include <string.h>

static uint64_t sum_of(const struct ledger *ledger) {
  return checksum(ledger->accounts, sizeof ledger->accounts);
}

void ledger_create(struct ledger *ledger) {
  memset(ledger, 0, sizeof *ledger);
  for (int i = 0; i < ledger_accounts; ++i) {
    ledger->accounts[i] = (struct account){.balance = 1000};
    snprintf(ledger->accounts[i].name, sizeof ledger->accounts[i].name, "account %d", i);
  }
  ledger->sum = sum_of(ledger);
}

void ledger_move(struct ledger *ledger, uint64_t random, void (*step)(void)) {
  struct transfer t = {.amount = random % 100 + 1,
                       .from = (uint16_t)(random >> 8) % ledger_accounts,
                       .to = (uint16_t)(random >> 24) % ledger_accounts};
  struct account *from = &ledger->accounts[t.from], *to = &ledger->accounts[t.to];
  from->balance -= (int64_t)t.amount;
  step();
  to->balance += (int64_t)t.amount;
  step();
  ++from->transfers, ++to->transfers;
  step();
  history_append(ledger, &t);
  step();
  ledger->sum = sum_of(ledger);
  step();
  ++ledger->transfers;
  step();
}

const char *ledger_problem(const struct ledger *ledger) {
  int64_t money = 0;
  uint64_t ends = 0;
  for (int i = 0; i < ledger_accounts; ++i) {
    money += ledger->accounts[i].balance;
    ends += ledger->accounts[i].transfers;
  }
  if (money != 1000 * ledger_accounts) return "money has appeared or gone";
  if (ends != 2 * ledger->transfers) return "the accounts count other transfers than the header";
  if (ledger->sum != sum_of(ledger)) return "the checksum of the accounts is wrong";
  return history_problem(ledger);
}
