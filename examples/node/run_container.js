#!/usr/bin/env node
// Runs a command in a new container, prints its output and exits with its exit code.
//
//     run_container.js [--socket PATH] [--image IMAGE] [--request-id KEY] [--] COMMAND [ARGUMENT ...]
'use strict';

const crypto = require('crypto');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const protos = path.join(__dirname, '..', '..', 'protos');
const definition = protoLoader.loadSync(
    ['gantry/runtime/v1/container_service.proto', 'google/rpc/status.proto', 'google/rpc/error_details.proto'],
    {includeDirs: [protos], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true});
const api = grpc.loadPackageDefinition(definition).gantry.runtime.v1;

// What ctl and Docker exit with when the container could not be run.
const EXIT_NOT_RUN = 125;
const EXIT_OF_REASON = {COMMAND_NOT_EXECUTABLE: 126, COMMAND_NOT_FOUND: 127};

function parseArguments(argv) {
  const args = {socket: '/run/gantry/gateway.sock', image: 'busybox', 'request-id': ''};
  let at = 0;
  for (; at < argv.length && argv[at].startsWith('--') && argv[at] !== '--'; at += 2) {
    const name = argv[at].slice(2);
    if (!(name in args) || at + 1 === argv.length) {
      throw new Error(`unknown option or no value: ${argv[at]}`);
    }
    args[name] = argv[at + 1];
  }
  args.command = argv.slice(argv[at] === '--' ? at + 1 : at);
  return args;
}

// The google.rpc.ErrorInfo of a failed call, or null: it tells errors of one code apart.
function errorInfo(error) {
  const [bytes] = error.metadata ? error.metadata.get('grpc-status-details-bin') : [];
  if (!bytes) {
    return null;
  }
  const status = definition['google.rpc.Status'].deserialize(bytes);
  for (const detail of status.details) {
    if (detail.type_url.endsWith('/google.rpc.ErrorInfo')) {
      return definition['google.rpc.ErrorInfo'].deserialize(detail.value);
    }
  }
  return null;
}

// A unary call as a promise.
function call(client, method, request) {
  return new Promise((resolve, reject) => {
    client[method](request, {deadline: Date.now() + 60000}, (error, response) => error ? reject(error) : resolve(response));
  });
}

// Starts the container once the connection stands, so that no output is missed.
function attach(client, container) {
  return new Promise((resolve, reject) => {
    const stream = client.AttachContainer();
    let exitCode = null;
    stream.on('data', (message) => {
      if (message.response === 'output') {
        const isError = message.output.stream === 'OUTPUT_STREAM_STDERR';
        const target = isError ? process.stderr : process.stdout;
        // Reading slowly holds the container back, so nothing piles up here.
        if (!target.write(message.output.data)) {
          stream.pause();
          target.once('drain', () => stream.resume());
        }
      } else if (message.response === 'exit') {
        exitCode = message.exit.exit_code;
      }
    });
    stream.on('error', reject);
    stream.on('end', () => {
      if (exitCode !== null) {
        resolve(exitCode);
      }
    });
    stream.on('status', (status) => {
      if (status.code === grpc.status.OK && exitCode === null) {
        reject(new Error('the stream ended without an exit'));
      }
    });
    stream.write({open: {container, start: true}});
    stream.end();
  });
}

async function run(client, args) {
  // With a request_id the call may be repeated after a lost answer: it
  // returns the container that the first call made.
  const created = await call(client, 'CreateContainer', {
    request_id: args['request-id'] || crypto.randomUUID(),
    spec: {image: args.image, command: args.command},
  });
  for (const warning of created.warnings) {
    console.error(`warning: ${warning}`);
  }
  const container = created.container.id;
  try {
    return await attach(client, container);
  } finally {
    await call(client, 'RemoveContainer', {container, force: true});
  }
}

async function main() {
  const args = parseArguments(process.argv.slice(2));
  const client = new api.ContainerService(`unix:${path.resolve(args.socket)}`, grpc.credentials.createInsecure());
  try {
    process.exitCode = await run(client, args);
  } catch (error) {
    if (error.code === undefined) {
      throw error;
    }
    const info = errorInfo(error);
    const reason = info ? info.reason : '';
    console.error(`${grpc.status[error.code]} ${reason || '-'}: ${error.details}`);
    process.exitCode = EXIT_OF_REASON[reason] || EXIT_NOT_RUN;
  } finally {
    client.close();
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = EXIT_NOT_RUN;
});
