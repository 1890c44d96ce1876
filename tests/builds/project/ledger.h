/* Accounts in a mapped file. A transfer changes two accounts, the history and the header: either all of it is
   in the file, or nothing. */
#ifndef LEDGER_H
#define LEDGER_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

enum { ledger_accounts = 500, ledger_transfers_max = 400 };

struct account {
  int64_t balance;
  uint32_t transfers;
  char name[20];
};

struct transfer {
  uint64_t amount;
  uint16_t from, to;
  uint32_t sum; /* of the fields before */
};

struct ledger {
  uint64_t transfers;
  uint64_t sum; /* of all accounts */
  struct account accounts[ledger_accounts];
  struct transfer history[ledger_transfers_max];
};

/* ledger.c: one transfer, uncommitted. step() is called between its stores. */
void ledger_create(struct ledger *ledger);
void ledger_move(struct ledger *ledger, uint64_t random, void (*step)(void));
/* NULL, or what is wrong. */
const char *ledger_problem(const struct ledger *ledger);

/* history.cc */
void history_append(struct ledger *ledger, const struct transfer *transfer);
const char *history_problem(const struct ledger *ledger);

/* checksum.c, a static library */
uint32_t checksum(const void *bytes, size_t count);
#ifdef __cplusplus
}
#endif
#endif
