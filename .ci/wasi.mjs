// Runs a program for WASI under Node: `node wasi.mjs PROGRAM [ARGUMENT…]`.
import { readFile } from 'node:fs/promises'
import { WASI } from 'node:wasi'

const [program, ...args] = process.argv.slice(2)
const wasi = new WASI({ version: 'preview1', args: [program, ...args], env: process.env })
const module = await WebAssembly.compile(await readFile(program))
process.exit(wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject())))
