'use strict';

// node-soap as a client of PASI over mutual TLS, from the WSDL that PASI serves:
//   node client.js ADDRESS CA.pem CLIENT.pem CLIENT.key
// The first line says {operations, location}. Each line {operation, request} is one call, answered by {value, answer} or
// {fault, status, answer}; `answer` is the XML as it came.

const fs = require('fs');
const https = require('https');
const soap = require('soap');
const { say, listen } = require('./wire');

const [address, ...names] = process.argv.slice(2);
const [ca, cert, key] = names.map((name) => fs.readFileSync(name));

function served() {
  return new Promise((resolve, reject) => {
    const request = https.get(`${address}?wsdl`, { ca, cert, key }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve(Buffer.concat(parts).toString()));
    });
    request.on('error', reject);
  });
}

async function main() {
  const client = await soap.createClientAsync(await served(), { handleNilAsNull: true });
  client.wsdl.options.preserveWhitespace = true; // as an option of its own it is not taken over
  client.setSecurity(new soap.ClientSSLSecurity(key, cert, ca));
  const [service] = Object.values(client.wsdl.services);
  const [port] = Object.values(service.ports);
  say({ operations: Object.keys(port.binding.methods), location: port.location });
  await listen(async ({ operation, request }) => {
    try {
      const [value, answer] = await client[`${operation}Async`]({ request });
      say({ value, answer });
    } catch (error) {
      if (!error.root || !error.response) throw error;
      say({ fault: error.root.Envelope.Body.Fault, status: error.response.status, answer: error.body });
    }
  });
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
