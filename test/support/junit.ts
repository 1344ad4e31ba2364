import { readFile } from 'node:fs/promises';
import { validateXML } from 'xmllint-wasm';

/** What is wrong with a JUnit report by the schema that CI servers follow; nothing when it is empty. */
export async function junitErrors(xml: string): Promise<readonly string[]> {
  const schema = await readFile(new URL('./junit.xsd', import.meta.url), 'utf8');
  const { errors } = await validateXML({
    xml: { fileName: 'report.xml', contents: xml },
    schema: { fileName: 'junit.xsd', contents: schema },
  });
  return errors.map(({ message }) => message);
}
