'use strict';

// Values between the tests and node-soap, one line of JSON each. What node-soap took for a date is said as {"$date": …}, so
// that it is told from text; null is a nil member, a missing name an absent one. Dates go in as the text that goes out,
// since node-soap would write a Date in words.

const readline = require('readline');

function plain(value) {
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? 'not a date' : value.toISOString() };
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

function say(value) {
  process.stdout.write(JSON.stringify(plain(value)) + '\n');
}

// Hands each line's value to `take`, one after the other; the process ends with its input.
async function listen(take) {
  for await (const line of readline.createInterface({ input: process.stdin })) await take(JSON.parse(line));
  process.exit(0);
}

module.exports = { say, listen };
