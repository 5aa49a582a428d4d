"""Strings: texts as keys, as values and in tuples; byte strings.

A dictionary of two hundred words with a text for each, a list of a hundred
lines, a hundred tuples of two to eight short strings, fifty byte strings, and
dictionaries whose keys are tuples of strings.

It stresses atoms that are no ints: keys that are copied like values, tuples
that are their own copies because of what is in them, and tuples longer than
the five elements that the report's fast path looks at. The report's three
workloads have a greeting, three colours, and no tuple of strings.
"""

words = [f"{first}{second}{third}" for first in ("lo", "me", "ta", "ru", "si")
         for second in ("ba", "den", "fil", "go", "kum")
         for third in ("n", "ra", "sto", "ve", "x", "ly", "p", "dor")]

workload = [
    {word: f"the {number}th word is {word}"
     for number, word in enumerate(words)},
    [f"{number:4}  " + " ".join(words[number:number + 10])
     for number in range(100)],
    [tuple(words[number:number + 2 + number % 7]) for number in range(100)],
    [word.encode() * 8 for word in words[:50]],
    [{(word, "en"): word.upper(), (word, "de"): word.title()}
     for word in words[:20]]]
