// One store, compiled twice: plainly, and by snapcc, each time at -O2. See store_path_cost_test.cc.
void STORE_PATH_SUBJECT(long *to, long value) { *to = value; }
