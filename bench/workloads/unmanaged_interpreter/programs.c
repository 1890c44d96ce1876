#include "programs.h"

#include <stddef.h>

// Calls and arithmetic.
static const char fib[] =
    "(fn fib (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))"
    "(fib 32))";

// Floating point, in arrays of numbers: planets that attract each other.
static const char bodies[] =
    "(fn body (x y v w m) (let b (array 5)) (put b 0 x) (put b 1 y) (put b 2 v) (put b 3 w) (put b 4 m) b)"
    "(let all (array 5))"
    "(put all 0 (body 0 0 0 0 39.47)) (put all 1 (body 4.84 -1.16 0.6 2.81 0.037))"
    "(put all 2 (body 8.34 4.12 -1.01 1.82 0.011)) (put all 3 (body 12.89 -15.11 1.08 0.86 0.0017))"
    "(put all 4 (body 15.37 -25.9 0.97 0.59 0.002))"
    "(fn pull (a b dt)"
    "  (let dx (- (get a 0) (get b 0))) (let dy (- (get a 1) (get b 1)))"
    "  (let square (+ (+ (* dx dx) (* dy dy)) 0.01))"
    "  (let force (/ dt (* square (sqrt square))))"
    "  (put a 2 (- (get a 2) (* dx (* (get b 4) force)))) (put a 3 (- (get a 3) (* dy (* (get b 4) force))))"
    "  (put b 2 (+ (get b 2) (* dx (* (get a 4) force)))) (put b 3 (+ (get b 3) (* dy (* (get a 4) force)))))"
    "(fn step (all dt)"
    "  (let i 0)"
    "  (while (< i 5)"
    "    (let k (+ i 1))"
    "    (while (< k 5) (pull (get all i) (get all k) dt) (set k (+ k 1)))"
    "    (set i (+ i 1)))"
    "  (set i 0)"
    "  (while (< i 5)"
    "    (let b (get all i))"
    "    (put b 0 (+ (get b 0) (* dt (get b 2)))) (put b 1 (+ (get b 1) (* dt (get b 3))))"
    "    (set i (+ i 1))))"
    "(let n 0)"
    "(while (< n 64000) (step all 0.001) (set n (+ n 1)))"
    "(floor (* 1000 (get (get all 1) 0))))";

// Loops over a large array.
static const char sieve[] =
    "(fn sieve (limit)"
    "  (let composite (array (+ limit 1))) (let count 0) (let i 2)"
    "  (while (<= i limit)"
    "    (if (get composite i) nil"
    "      (do (set count (+ count 1))"
    "        (let k (* i i))"
    "        (while (<= k limit) (put composite k true) (set k (+ k i)))))"
    "    (set i (+ i 1)))"
    "  count)"
    "(let rounds 0) (let found 0)"
    "(while (< rounds 4) (set found (sieve 500000)) (set rounds (+ rounds 1)))"
    "found)";

// Short-lived texts, interned and collected.
static const char texts[] =
    "(let i 0) (let total 0)"
    "(while (< i 60000)"
    "  (let line \"\") (let k 0)"
    "  (while (< k 8) (set line (join (join line (to-text (+ i (* k 7)))) \",\")) (set k (+ k 1)))"
    "  (set total (+ total (length line)))"
    "  (set total (+ total (get line (% i 10))))"
    "  (set i (+ i 1)))"
    "total)";

// Word counts and their like: tables that grow, with texts and numbers as keys.
static const char tables[] =
    "(let counts (table)) (let names (array 1000)) (let i 0)"
    "(while (< i 1000) (put names i (join \"name-\" (to-text i))) (set i (+ i 1)))"
    "(let seed 42) (set i 0)"
    "(while (< i 1500000)"
    "  (set seed (% (+ (* seed 16807) 11) 2147483647))"
    "  (let name (get names (% seed 1000)))"
    "  (let was (get counts name))"
    "  (put counts name (if was (+ was 1) 1))"
    "  (set i (+ i 1)))"
    "(let squares (table)) (set i 0)"
    "(while (< i 300000) (put squares (* i i) i) (set i (+ i 1)))"
    "(+ (length squares) (get counts \"name-7\")))";

// Sorting with a comparison that is passed in.
static const char sort[] =
    "(fn swap (a i k) (let was (get a i)) (put a i (get a k)) (put a k was))"
    "(fn sort (a low high before)"
    "  (if (< low high)"
    "    (do (let pivot (get a (floor (/ (+ low high) 2)))) (let i low) (let k high)"
    "      (while (<= i k)"
    "        (while (before (get a i) pivot) (set i (+ i 1)))"
    "        (while (before pivot (get a k)) (set k (- k 1)))"
    "        (if (<= i k) (do (swap a i k) (set i (+ i 1)) (set k (- k 1))) nil))"
    "      (sort a low k before) (sort a i high before))"
    "    nil))"
    "(let n 150000) (let a (array n)) (let seed 7) (let i 0)"
    "(while (< i n) (set seed (% (+ (* seed 16807) 11) 2147483647)) (put a i seed) (set i (+ i 1)))"
    "(sort a 0 (- n 1) (lambda (x y) (< x y)))"
    "(get a 75000))";

// Closures and small arrays that die young: lists that are built, mapped and summed.
static const char closures[] =
    "(fn pair (head tail) (let p (array 2)) (put p 0 head) (put p 1 tail) p)"
    "(fn build (n) (let list nil) (while (< 0 n) (set list (pair n list)) (set n (- n 1))) list)"
    "(fn map (f list) (if list (pair (f (get list 0)) (map f (get list 1))) nil))"
    "(fn sum (list) (let s 0) (while list (set s (+ s (get list 0))) (set list (get list 1))) s)"
    "(fn adder (n) (lambda (x) (+ x n)))"
    "(fn compose (f g) (lambda (x) (f (g x))))"
    "(let i 0) (let total 0)"
    "(while (< i 3000)"
    "  (set total (+ total (sum (map (compose (adder i) (adder 1)) (build 200)))))"
    "  (set i (+ i 1)))"
    "total)";

const Program programs[] = {{"fib", fib},       {"bodies", bodies}, {"sieve", sieve},       {"texts", texts},
                            {"tables", tables}, {"sort", sort},     {"closures", closures}, {NULL, NULL}};
