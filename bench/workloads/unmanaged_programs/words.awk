{
  for (i = 1; i <= NF; ++i) {
    ++count[$i]
    length_sum += length($i)
  }
  line = $0
  changed += gsub(/an?/, "<&>", line)
  line_sum += length(line substr($2, 2, 3))
  $3 = sprintf("%s-%d", $1, NR)
  longest = length($0) > length(longest) ? $0 : longest
}
END {
  for (word in count) { ++words; if (count[word] > most) most = count[word] }
  print NR, words, most, length_sum, changed, line_sum, longest
}
